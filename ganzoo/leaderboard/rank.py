"""Tables: the combinations that may be compared, and their order."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from ganzoo.leaderboard.rows import BETTER, Row, State
from ganzoo.leaderboard.stats import Tukey, chance_of_best
from ganzoo.leaderboard.summary import Better, loss
from ganzoo.leaderboard.tables import Table
from ganzoo.runs.records import value


def rank(table: Table) -> None:
    """Give each row its rank and its chance of being best, flag what deserves it, and sort.

    A row ranks below all of which a smaller share of the runs failed or collapsed. Of rows with the same share, its
    rank is 1 + the number that are significantly better (Tukey's test on the seeds' logarithms).
    """
    tiers: dict[float, list[Row]] = defaultdict(list)
    for row in table.rows:
        tiers[row.lost if row.n else math.inf].append(row)
    above = 0
    for share in sorted(tiers):
        tier = tiers[share]
        if share != math.inf:
            test = _rank_tier(tier, above)
            if share == 0:
                table.least = _least(test, table.better)
        above += len(tier)
    _chances(table.rows)
    _flag(table)
    table.rows.sort(key=_order)


def _rank_tier(tier: Sequence[Row], above: int) -> Tukey | None:
    """Rows of which the same share was lost. Those without any value come after those with one."""
    states: Sequence[State] = ("sound",) if tier[0].lost < 1 else ("collapsed",)
    tested = [row for row in tier if row.values(*states)]
    for row in tier:
        row.rank = 1 + above + len(tested)
    if not tested:
        return None
    test = Tukey([[loss(x, row.better) for x in row.values(*states)] for row in tested])
    for i, row in enumerate(tested):
        row.rank = 1 + above + int(np.count_nonzero(test.below(i)))
    return test


def _least(test: Tukey | None, better: Better) -> float:
    if test is None:
        return math.nan
    return math.exp(test.least) if better == "lower" else test.least


def _chances(rows: Iterable[Row]) -> None:
    """A run that failed or collapsed lost. One seed each says nothing of chance."""
    ended = [row for row in rows if row.n]
    groups = [[_played(row, i) for i in range(len(row.runs)) if row.runs[i].state != "absent"] for row in ended]
    if all(len(group) == 1 for group in groups):
        return
    for row, chance in zip(ended, chance_of_best(groups), strict=True):
        row.chance = chance


def _played(row: Row, i: int) -> float:
    found = row.runs[i]
    return loss(found.value, row.better) if found.state == "sound" and found.value is not None else math.inf


def _flag(table: Table) -> None:
    """Say where the best by the metric covers significantly less than another."""
    for name in ("modes@5", "kl"):
        covered = {
            id(row): [
                v
                for run in row.runs
                if run.mark and run.state == "sound"
                if (v := value(run.mark.metrics, name)) is not None
            ]
            for row in table.rows
        }
        rows = [row for row in table.rows if covered[id(row)] and row.lost == 0]
        if name == table.metric or len(rows) < 2:
            continue
        test = Tukey([[loss(x, BETTER[name]) for x in covered[id(row)]] for row in rows])
        for i, row in enumerate(rows):
            if row.rank == 1 and (better := int(np.count_nonzero(test.below(i)))):
                others = f"{better} others cover" if better > 1 else "another covers"
                row.flags.append(f"first by {table.metric}, but {others} significantly more by {name}")


def _order(row: Row) -> tuple[float, float, float, str]:
    """By rank, then by the median."""
    median = row.summary.median if row.summary else math.inf
    ahead = median if row.better == "lower" else -median
    return row.rank or math.inf, row.lost, ahead, row.record.spec
