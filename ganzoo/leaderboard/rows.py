"""A row of a board table: a combination, the results of its seeds, and the label that tells it from other rows."""

from __future__ import annotations

import re
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from ganzoo.leaderboard.match import LOST, SeedResult, SeedState
from ganzoo.leaderboard.merge import Combination, combination_of
from ganzoo.leaderboard.numbers import format_count
from ganzoo.leaderboard.record_files import LEVELS
from ganzoo.leaderboard.scale import Scale
from ganzoo.leaderboard.stats import Summary, summarise
from ganzoo.recipes.options import as_text
from ganzoo.runs.records import Result, value

COVERAGE = {
    "modes@1": Scale("higher", "amount"),
    "modes@5": Scale("higher", "amount"),
    "kl": Scale("lower", "log"),
    "hq@3sigma": Scale("higher", "share"),
}
"""Metrics of coverage, shown after the metric that ranks, and their scales."""


@dataclass(eq=False)
class BoardRow:
    """A combination in a table."""

    runs: list[SeedResult]
    scale: Scale
    label: str = ""
    """Different from the label of every other row."""
    rank: int | None = None
    chance: float | None = None
    """Of being the best, by bootstrap over seeds."""
    flags: list[str] = field(default_factory=list)

    @cached_property
    def record(self) -> Result:
        """The record of the first seed, for what all seeds share."""
        return min((run.record for run in self.runs), key=lambda record: record.seed)

    @cached_property
    def combination(self) -> Combination:
        """The combination of all its seeds."""
        return combination_of(self.record)

    @property
    def page_name(self) -> str:
        """The name of its page, of characters that are safe in file names whoever wrote the record."""
        data, revision, recipe, images = self.combination
        return re.sub(r"[^0-9a-zA-Z.-]+", "-", f"{data}-{recipe}-{images}-{revision[:6]}").strip("-.")[:100]

    def count(self, *states: SeedState) -> int:
        """How many seeds are in one of these states."""
        return sum(run.state in states for run in self.runs)

    @property
    def n(self) -> int:
        """How many runs count: those that ended by themselves."""
        return sum(run.counted for run in self.runs)

    @property
    def lost(self) -> int:
        """How many runs diverged or collapsed."""
        return self.count(*LOST)

    @cached_property
    def lost_share(self) -> float:
        """The share of lost runs; 1 if none counts."""
        return self.lost / self.n if self.n else 1.0

    def ranked_values(self, *states: SeedState) -> list[float]:
        """The metric that ranks, of the seeds in these states."""
        return [run.value for run in self.runs if run.state in states and run.value is not None]

    def values_of(self, name: str, *states: SeedState) -> list[float]:
        """The metric `name`, whatever its protocol, of the seeds in these states; of all seeds if none is given."""
        points = [run.point for run in self.runs if run.point and (not states or run.state in states)]
        return [v for point in points if (v := value(point.metrics, name)) is not None]

    @cached_property
    def summary(self) -> Summary | None:
        """The metric that ranks."""
        values = self.ranked_values("sound", "collapsed")
        return summarise(values, self.n - len(values), self.scale)

    @cached_property
    def coverage(self) -> dict[str, Summary]:
        """The metrics of coverage that its seeds have."""
        summaries = {name: summarise(self.values_of(name), 0, scale) for name, scale in COVERAGE.items()}
        return {name: summary for name, summary in summaries.items() if summary}

    def best(self, key: str) -> float | None:
        """The median over seeds of the best value along each run, up to the compared point."""
        best = min if self.scale.better == "lower" else max
        return _median([best(values) for run in self.runs if (values := run.curve_values(key))])

    def spent(self, quantity: Literal["images", "g_moves", "core_s", "speed"]) -> float | None:
        """The median over seeds of a part of the budget that they spent."""
        return _median([getattr(run.point, quantity) for run in self.runs if run.point and run.counted])

    @property
    def parameters(self) -> int | None:
        """Of all networks together."""
        return sum(self.record.parameters.values()) or None

    @property
    def level(self) -> str:
        """The weakest level of verification among the seeds."""
        return min((run.cell.level for run in self.runs), key=LEVELS.index)


def _median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None


def label_rows(rows: Sequence[BoardRow]) -> None:
    """Label each row with its spec, and where several have the same, with the settings or recipe ids that differ."""
    same_spec: dict[str, list[BoardRow]] = defaultdict(list)
    for row in rows:
        same_spec[row.record.spec.partition("@")[0]].append(row)
    for spec, group in same_spec.items():
        differences = _differences(group) if len(group) > 1 else [""]
        for row, difference in zip(group, differences, strict=True):
            row.label = f"{spec} ({difference})" if difference else spec


def _differences(group: Sequence[BoardRow]) -> list[str]:
    settings: list[dict[str, Any]] = [row.record.settings for row in group]
    names = [name for name in settings[0] if len({as_text(s.get(name)) for s in settings}) > 1]
    texts = [", ".join(_setting(name, s.get(name)) for name in names) for s in settings]
    if len(set(texts)) == len(texts):
        return texts
    ids = [row.record.recipe_id[:6] for row in group]
    return [f"{text}, {id_}" if text else id_ for text, id_ in zip(texts, ids, strict=True)]


def _setting(name: str, value: object) -> str:
    return (
        f"{format_count(value)} images" if name == "images" and isinstance(value, int) else f"{name}={as_text(value)}"
    )
