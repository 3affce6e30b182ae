"""Combinations: what their seeds came to."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from ganzoo.leaderboard.match import Mark
from ganzoo.leaderboard.merge import Cell, Combination, combination_of
from ganzoo.leaderboard.summary import Better, Summary, summarise
from ganzoo.leaderboard.verification import LEVELS
from ganzoo.runs.records import Result, value

State = Literal["sound", "collapsed", "failed", "absent"]
COVERAGE = ("modes@1", "modes@5", "kl", "hq@3sigma")
"""What is shown beside the metric that ranks."""
BETTER: dict[str, Better] = {"modes@1": "higher", "modes@5": "higher", "kl": "lower", "hq@3sigma": "higher"}


@dataclass(frozen=True, eq=False)
class Run:
    """A seed, at the end or at a matched mark."""

    cell: Cell
    mark: Mark | None
    state: State
    value: float | None
    """Of the metric that ranks."""

    @property
    def record(self) -> Result:
        """That counts."""
        return self.cell.record

    def along(self, key: str) -> list[float]:
        """A metric at each mark of the curve up to the one that counts."""
        end = self.mark.images if self.mark else 0
        points = (point for point in self.record.curve if point.images <= end)
        return [v for point in points if (v := point.metrics.get(key)) is not None]


def run(cell: Cell, mark: Mark | None, key: str) -> Run:
    """How a seed fared by the metric `key`."""
    found = mark.metrics.get(key) if mark else None
    return Run(cell, mark, _state(cell.record, mark, found), found)


def _state(record: Result, mark: Mark | None, found: float | None) -> State:
    if record.status == "interrupted" or mark is None:
        return "absent"
    if record.status != "ok" or found is None:
        return "failed"
    covered, all_ = value(mark.metrics, "modes@5"), value(mark.metrics, "modes@5.floor")
    return "collapsed" if covered is not None and all_ is not None and covered < all_ / 2 else "sound"


@dataclass(eq=False)
class Row:
    """A combination in a table."""

    runs: list[Run]
    better: Better
    label: str = ""
    """Unlike that of any other row."""
    rank: int | None = None
    chance: float | None = None
    """Of being best, by bootstrap over seeds."""
    flags: list[str] = field(default_factory=list)

    @cached_property
    def record(self) -> Result:
        """Of the first seed: what all seeds have in common."""
        return min((run.record for run in self.runs), key=lambda record: record.seed)

    @cached_property
    def combination(self) -> Combination:
        """What the seeds are seeds of."""
        return combination_of(self.record)

    def count(self, *states: State) -> int:
        """Runs that came to one of these ends."""
        return sum(run.state in states for run in self.runs)

    @property
    def n(self) -> int:
        """Runs that ended."""
        return len(self.runs) - self.count("absent")

    @cached_property
    def lost(self) -> float:
        """The share of the runs that failed or collapsed; 1 where none ended."""
        return self.count("failed", "collapsed") / self.n if self.n else 1.0

    def values(self, *states: State) -> list[float]:
        """Of the metric that ranks."""
        return [run.value for run in self.runs if run.state in states and run.value is not None]

    @cached_property
    def summary(self) -> Summary | None:
        """Of the metric that ranks, at the end."""
        known = self.values("sound", "collapsed")
        return summarise(known, self.n - len(known), self.better)

    @cached_property
    def others(self) -> dict[str, Summary]:
        """Of what is shown beside it, for the runs that have it."""
        found: dict[str, Summary] = {}
        for name in COVERAGE:
            known = [v for run in self.runs if run.mark and (v := value(run.mark.metrics, name)) is not None]
            if summary := summarise(known, 0, BETTER[name]):
                found[name] = summary
        return found

    def best(self, key: str) -> float | None:
        """The median over seeds of the best value along each run, as far as it is looked at."""
        top = min if self.better == "lower" else max
        found = [top(values) for run in self.runs if (values := run.along(key))]
        return statistics.median(found) if found else None

    def middle(self, quantity: Callable[[Mark], float]) -> float | None:
        """The median over seeds of something that they spent."""
        found = [quantity(run.mark) for run in self.runs if run.mark and run.state != "absent"]
        return statistics.median(found) if found else None

    @property
    def parameters(self) -> int | None:
        """Of both networks."""
        return sum(self.record.parameters.values()) or None

    @property
    def level(self) -> str:
        """The lowest of the seeds."""
        return min((run.cell.level for run in self.runs), key=LEVELS.index)
