"""Ranks the rows of a table by Tukey's test over seeds."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from ganzoo.leaderboard.match import SeedResult, SeedState
from ganzoo.leaderboard.rows import COVERAGE, BoardRow
from ganzoo.leaderboard.stats import Better, Tukey, chance_of_best, to_loss
from ganzoo.leaderboard.tables import BoardTable


def rank_table(table: BoardTable) -> None:
    """Give each row its rank and its chance of being the best, flag the best ones with poor coverage, and sort.

    A row ranks below all those of which a smaller share of the runs failed or collapsed. Among rows with the same
    share, its rank is 1 + the number of rows that are significantly better (Tukey's test on `to_loss` over seeds).
    """
    tiers: dict[float, list[BoardRow]] = defaultdict(list)
    for row in table.rows:
        tiers[row.lost_share if row.n else math.inf].append(row)
    above = 0
    for share in sorted(tiers):
        tier = tiers[share]
        if share != math.inf:  # a row without any ended run has no rank
            test = _rank_tier(tier, above)
            if share == 0 and test is not None:
                table.least = math.exp(test.least) if table.better == "lower" else test.least
        above += len(tier)
    _set_chances(table.rows)
    _flag_poor_coverage(table)
    table.rows.sort(key=_order)


def _rank_tier(tier: Sequence[BoardRow], above: int) -> Tukey | None:
    """Rank rows of which the same share was lost. Those without any value come after those that have one."""
    state: SeedState = "sound" if tier[0].lost_share < 1 else "collapsed"
    tested = [row for row in tier if row.ranked_values(state)]
    for row in tier:
        row.rank = 1 + above + len(tested)
    if not tested:
        return None
    test = Tukey([[to_loss(x, row.better) for x in row.ranked_values(state)] for row in tested])
    for i, row in enumerate(tested):
        row.rank = 1 + above + int(np.count_nonzero(test.below(i)))
    return test


def _set_chances(rows: Iterable[BoardRow]) -> None:
    """Chances of being the best. With one seed each there is nothing to draw from."""
    ended = [row for row in rows if row.n]
    groups = [[_loss_of(run, row.better) for run in row.runs if run.state != "absent"] for row in ended]
    if any(len(group) > 1 for group in groups):
        for row, chance in zip(ended, chance_of_best(groups), strict=True):
            row.chance = chance


def _loss_of(run: SeedResult, better: Better) -> float:
    """A run that failed or collapsed loses against every other."""
    return to_loss(run.value, better) if run.state == "sound" and run.value is not None else math.inf


def _flag_poor_coverage(table: BoardTable) -> None:
    for name in ("modes@5", "kl"):
        values = {row: row.values_of(name, "sound") for row in table.rows if row.lost_share == 0}
        rows = [row for row in values if values[row]]
        if name == table.metric or len(rows) < 2:
            continue
        test = Tukey([[to_loss(x, COVERAGE[name]) for x in values[row]] for row in rows])
        for i, row in enumerate(rows):
            if row.rank == 1 and (better := int(np.count_nonzero(test.below(i)))):
                others = f"{better} others cover" if better > 1 else "another covers"
                row.flags.append(f"first by {table.metric}, but {others} significantly more by {name}")


def _order(row: BoardRow) -> tuple[float, float, float, str]:
    """By rank, then by the median."""
    median = row.summary.median if row.summary else math.inf
    return row.rank or math.inf, row.lost_share, median if row.better == "lower" else -median, row.record.spec
