"""What a table's figures show."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from ganzoo.leaderboard.columns import metric_title as title
from ganzoo.leaderboard.html.axes import Scale
from ganzoo.leaderboard.html.curves import Curve, curves
from ganzoo.leaderboard.html.plots import Axis, Point, Spread, scatter
from ganzoo.leaderboard.html.style import FigureStyle as Style
from ganzoo.leaderboard.rows import BoardRow as Row
from ganzoo.leaderboard.stats import Summary
from ganzoo.leaderboard.tables import BoardTable as Table
from ganzoo.runs.records import value

LINES = 40
"""Curves in a figure, the best ranked."""


@dataclass(frozen=True)
class Figure:
    """An SVG and what it says."""

    svg: str
    caption: str


def figures(table: Table, style: Style, links: Mapping[Row, str]) -> list[Figure]:
    """Metric against coverage, metric against time, metric along the runs."""
    metric = _axis(table, table.metric, table.better == "lower")
    drawn = [row for row in table.rows if row.summary and math.isfinite(row.summary.high - row.summary.low)]
    missing = len(table.rows) - len(drawn)
    left_out = f" {missing} with failed runs not drawn." if missing else ""
    found: list[Figure] = []
    if beside := next((name for name in ("modes@5", "hq@3sigma", "kl") if _covers(table, drawn, name)), None):
        up = _axis(table, beside, beside == "kl")
        points = [
            _point(row, style, links, _spread(row.summary), _spread(row.coverage[beside]))
            for row in drawn
            if beside in row.coverage and row.summary
        ]
        found.append(
            Figure(
                scatter(points, metric, up, f"{metric.title} against {up.title}"),
                f"{metric.title} against {up.title}: median seed, and the range of the seeds.{left_out}",
            )
        )
    timed = [
        _point(row, style, links, _core(row), _spread(row.summary))
        for row in drawn
        if row.summary and _core(row)[0] > 0
    ]
    if timed:
        across = Axis("core-seconds", log=True)
        found.append(
            Figure(
                scatter(timed, across, metric, f"{metric.title} against core-seconds"),
                f"{metric.title} against what it took, in seconds of processor cores.{left_out}",
            )
        )
    lines = [
        Curve(row.label, style.short(row), style.colour(row), _along(row, table.key)) for row in table.rows[:LINES]
    ]
    if any(line.points for line in lines):
        best = f" The {LINES} best ranked." if len(table.rows) > LINES else ""
        found.append(
            Figure(
                curves(lines, metric, f"{metric.title} over images"),
                f"{metric.title} along the runs: median over seeds at each mark.{best}",
            )
        )
    return found


@lru_cache(maxsize=256)
def _axis(table: Table, name: str, log: bool) -> Axis:
    reals = [
        v
        for row in table.rows
        for run in row.runs
        if run.point
        if (v := value(run.point.metrics, f"{name}.floor")) is not None
    ]
    return Axis(title(name), log, statistics.median(reals) if reals and name != "modes@5" else None)


def _covers(table: Table, rows: list[Row], name: str) -> bool:
    return name != table.metric and any(name in row.coverage for row in rows)


def _spread(summary: Summary | None) -> Spread:
    assert summary is not None  # asked for by the caller
    return summary.low, summary.median, summary.high


def _core(row: Row) -> Spread:
    spent = [run.point.core_s for run in row.runs if run.point and run.state != "absent"]
    return (min(spent), statistics.median(spent), max(spent)) if spent else (0.0, 0.0, 0.0)


def _point(row: Row, style: Style, links: Mapping[Row, str], x: Spread, y: Spread) -> Point:
    return Point(row.label, style.short(row), style.colour(row), style.shape(row), x, y, links.get(row, ""))


def _along(row: Row, key: str) -> list[tuple[float, float]]:
    """The median over seeds at each mark that at least half of them have."""
    marks: dict[int, list[float]] = defaultdict(list)
    for run in row.runs:
        for point in run.record.curve:
            if (found := point.metrics.get(key)) is not None:
                marks[point.images].append(found)
    return [
        (float(images), statistics.median(found))
        for images, found in sorted(marks.items())
        if 2 * len(found) >= len(row.runs)
    ]


def seeds(row: Row, table: Table) -> Figure | None:
    """Every seed's curve, and their median, on a combination's own page."""
    metric, colour = _axis(table, table.metric, table.better == "lower"), 0
    lines = [Curve("median over seeds", "median", colour, _along(row, table.key))] if len(row.runs) > 1 else []
    for run in row.runs:
        found = [(float(p.images), v) for p in run.record.curve if (v := p.metrics.get(table.key)) is not None]
        lines.append(Curve(f"seed {run.record.seed}", f"seed {run.record.seed}", colour, found, thin=bool(lines)))
    if not any(line.points for line in lines):
        return None
    return Figure(
        curves(lines, metric, f"{metric.title} over images, by seed"), f"{metric.title} along each seed's run."
    )


def interval(row: Row, scale: Scale) -> str:
    """A small drawing of the median and the range, for a cell."""
    summary = row.summary
    if summary is None or not math.isfinite(summary.median):
        return ""
    low, at, high = (scale(v) for v in (summary.low, summary.median, summary.high))
    return (
        f'<svg class="interval" viewBox="0 0 150 16" aria-hidden="true"><path d="M{low} 8H{high}"/>'
        f'<circle cx="{at}" cy="8" r="3.2"/></svg>'
    )


def interval_scale(table: Table) -> Scale:
    """Shared by the rows."""
    ends = [end for row in table.rows if row.summary for end in (row.summary.low, row.summary.high)]
    return Scale.around(ends, 5, 145, table.better == "lower")
