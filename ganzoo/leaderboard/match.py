"""How a seed of a combination fared: at the end of its run, or at a budget that all finished runs reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ganzoo.interfaces.scores import Metrics
from ganzoo.leaderboard.merge import BoardCell
from ganzoo.runs.records import Result, value

BudgetUnit = Literal["images", "steps", "core-seconds"]
SeedState = Literal["sound", "collapsed", "diverged", "failed", "absent"]
LOST: tuple[SeedState, ...] = ("collapsed", "diverged")
"""A seed that the method lost: it counts as worse than every score."""
BUDGET_SLACK = 1.01
"""Budgets are rounded up to whole rounds of moves: an evaluation point up to 1 % beyond a budget is within it."""


@dataclass(frozen=True)
class ComparedPoint:
    """The evaluation point at which a run is compared, and the budget that it had spent by then."""

    images: float
    g_moves: float
    core_s: float
    wall_s: float
    metrics: Metrics

    @property
    def speed(self) -> float:
        """Real images per second of wall time."""
        return self.images / self.wall_s if self.wall_s else 0.0


def spent_budget(record: Result, unit: BudgetUnit) -> float:
    """The budget of a whole run."""
    return {"images": record.budget.images, "steps": record.budget.g_moves, "core-seconds": record.budget.core_s}[unit]


def compared_point(record: Result, unit: BudgetUnit | None, budget: float | None) -> ComparedPoint | None:
    """The end of a run, or its last evaluation point within a budget; None if its first point is beyond it.

    Nothing is interpolated. A curve counts images; moves of G are proportional to them, core-seconds nearly so.
    """
    total, images, metrics = record.budget, record.budget.images, record.metrics
    if unit is not None and budget is not None and record.curve:
        per_image = spent_budget(record, unit) / max(total.images, 1)
        within = [point for point in record.curve if point.images * per_image <= budget * BUDGET_SLACK]
        if not within:
            return None
        images, metrics = within[-1].images, within[-1].metrics
    share = images / max(total.images, 1)
    return ComparedPoint(images, total.g_moves * share, total.core_s * share, total.wall_s * share, metrics)


@dataclass(frozen=True, eq=False)
class SeedResult:
    """One seed of a combination, at the point at which it is compared."""

    cell: BoardCell
    point: ComparedPoint | None
    state: SeedState
    """diverged: also one whose metric is not defined. failed: for a reason other than its training, such as a full
    memory. absent: interrupted, or no evaluation point is within the budget. The last two are not counted."""
    value: float | None
    """Of the metric that ranks."""

    @property
    def counted(self) -> bool:
        """Whether it says something about the method."""
        return self.state not in ("failed", "absent")

    @property
    def record(self) -> Result:
        """The seed's record."""
        return self.cell.record

    def curve_values(self, key: str) -> list[float]:
        """A metric at each evaluation point up to the compared one."""
        end = self.point.images if self.point else 0
        points = (point for point in self.record.curve if point.images <= end)
        return [v for point in points if (v := point.metrics.get(key)) is not None]


def seed_result(cell: BoardCell, point: ComparedPoint | None, key: str) -> SeedResult:
    """The result of a seed by the metric `key`."""
    ranked = point.metrics.get(key) if point else None
    return SeedResult(cell, point, _state(cell.record, point, ranked), ranked)


def _state(record: Result, point: ComparedPoint | None, ranked: float | None) -> SeedState:
    if record.status == "failed":
        return "failed"
    if record.status == "interrupted" or point is None:
        return "absent"
    if record.status == "diverged" or ranked is None:
        return "diverged"
    covered, possible = value(point.metrics, "modes@5"), value(point.metrics, "modes@5.floor")
    return "collapsed" if covered is not None and possible is not None and covered < possible / 2 else "sound"
