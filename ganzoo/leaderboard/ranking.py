"""Ranks the rows of a table by the significant differences between their seeds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from ganzoo.leaderboard.match import SeedResult
from ganzoo.leaderboard.rows import COVERAGE, BoardRow
from ganzoo.leaderboard.scale import Scale
from ganzoo.leaderboard.significance import Differences
from ganzoo.leaderboard.stats import chance_of_best
from ganzoo.leaderboard.tables import BoardTable


def rank_table(table: BoardTable) -> None:
    """Give each row its rank and its chance of being the best, flag the best ones with poor coverage, and sort.

    A rank is 1 + the number of rows that are significantly better (`Differences`). A row without any sound seed has
    none.
    """
    ranked = [row for row in table.rows if row.ranked_values("sound")]
    if ranked:
        test = _differences(ranked, table.scale)
        for i, row in enumerate(ranked):
            row.rank = 1 + int(np.count_nonzero(test.below(i)))
        table.least = math.exp(test.least) if table.scale.log else test.least
        table.spreads = test.spreads
        table.odd = None if test.odd is None else ranked[test.odd]
    _set_chances(table.rows, table.scale)
    _flag_poor_coverage(table)
    table.rows.sort(key=_order)


def _differences(rows: Sequence[BoardRow], scale: Scale) -> Differences:
    losses = [[scale.to_loss(x) for x in row.ranked_values("sound")] for row in rows]
    return Differences(losses, [row.lost for row in rows], scale.resolution(x for group in losses for x in group))


def _set_chances(rows: Iterable[BoardRow], scale: Scale) -> None:
    """Chances of being the best. With one seed each, or without any sound one, there is nothing to draw from."""
    ended = [row for row in rows if row.n]
    groups = [[_loss_of(run, scale) for run in row.runs if run.counted] for row in ended]
    sound = any(math.isfinite(loss) for group in groups for loss in group)
    if sound and any(len(group) > 1 for group in groups):
        resolution = scale.resolution(x for group in groups for x in group)
        for row, chance in zip(ended, chance_of_best(groups, resolution), strict=True):
            row.chance = chance


def _loss_of(run: SeedResult, scale: Scale) -> float:
    """A lost seed loses against every other."""
    return scale.to_loss(run.value) if run.state == "sound" and run.value is not None else math.inf


def _flag_poor_coverage(table: BoardTable) -> None:
    for name in ("modes@5", "kl"):
        values = {row: row.values_of(name, "sound") for row in table.rows if not row.lost}
        rows = [row for row in values if values[row]]
        if name == table.metric or len(rows) < 2:
            continue
        scale = COVERAGE[name].fitting(x for row in rows for x in values[row])
        losses = [[scale.to_loss(x) for x in values[row]] for row in rows]
        test = Differences(losses, resolution=scale.resolution(x for group in losses for x in group))
        for i, row in enumerate(rows):
            if row.rank == 1 and (better := int(np.count_nonzero(test.below(i)))):
                others = f"{better} others cover" if better > 1 else "another covers"
                row.flags.append(f"first by {table.metric}, but {others} significantly more by {name}")


def _order(row: BoardRow) -> tuple[float, float, float, str]:
    """By rank, then by the share of lost seeds and by the median."""
    median = row.summary.median if row.summary else row.scale.worst
    sign = 1 if row.scale.better == "lower" else -1
    return row.rank or math.inf, row.lost_share, sign * median, row.record.spec
