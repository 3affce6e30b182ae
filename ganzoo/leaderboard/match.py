"""Runs at an equal budget: the last mark of each curve that is not beyond it. Nothing between marks is made up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ganzoo.interfaces.scores import Metrics
from ganzoo.runs.records import Result

Unit = Literal["images", "steps", "core-seconds"]
SLACK = 1.01
"""Budgets are rounded up to whole rounds of moves: a mark so little beyond counts as at the budget."""


@dataclass(frozen=True)
class Mark:
    """A moment of a run, and what was measured then."""

    images: float
    g_moves: float
    core_s: float
    wall_s: float
    metrics: Metrics

    @property
    def speed(self) -> float:
        """Images a second."""
        return self.images / self.wall_s if self.wall_s else 0.0


def spent(record: Result, unit: Unit) -> float:
    """Of a whole run."""
    return {"images": record.budget.images, "steps": record.budget.g_moves, "core-seconds": record.budget.core_s}[unit]


def common(records: Iterable[Result], unit: Unit) -> float | None:
    """The largest budget that every finished run has spent; None where none is finished."""
    return min((spent(record, unit) for record in records if record.status == "ok"), default=None)


def at(record: Result, unit: Unit | None, budget: float | None) -> Mark | None:
    """The end of a run, or its last mark within a budget; None if its first mark is beyond.

    A curve is over images. Moves of G go along with them exactly; so, as near as a record knows, do core-seconds.
    """
    if unit is None or budget is None or not record.curve:
        return _mark(record, record.budget.images, record.metrics)
    rate = spent(record, unit) / max(record.budget.images, 1)
    within = [point for point in record.curve if point.images * rate <= budget * SLACK]
    return _mark(record, within[-1].images, within[-1].metrics) if within else None


def _mark(record: Result, images: int, metrics: Metrics) -> Mark:
    total, share = record.budget, images / max(record.budget.images, 1)
    return Mark(images, total.g_moves * share, total.core_s * share, total.wall_s * share, metrics)
