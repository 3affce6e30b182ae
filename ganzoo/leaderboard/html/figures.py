"""What the figures of a table and of a combination show."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from ganzoo.leaderboard.columns import metric_title
from ganzoo.leaderboard.html.style import FigureStyle
from ganzoo.leaderboard.html.svg_axes import Scale
from ganzoo.leaderboard.html.svg_curves import Curve, curves_svg
from ganzoo.leaderboard.html.svg_scatter import Axis, ScatterPoint, SeedRange, scatter_svg
from ganzoo.leaderboard.match import SeedResult
from ganzoo.leaderboard.rows import BoardRow
from ganzoo.leaderboard.stats import Summary
from ganzoo.leaderboard.tables import BoardTable
from ganzoo.runs.records import value

MAX_CURVES = 40
"""Curves in a figure: those of the best ranked combinations."""


@dataclass(frozen=True)
class Figure:
    """An SVG and its caption."""

    svg: str
    caption: str


def table_figures(table: BoardTable, style: FigureStyle, links: Mapping[BoardRow, str]) -> list[Figure]:
    """The metric against coverage, against time, and along the runs. A figure without data is left out."""
    metric = _axis(table, table.metric, table.scale.log)
    scores = {row: _range(row.summary) for row in table.rows if row.summary}
    scores = {row: score for row, score in scores.items() if math.isfinite(score[2] - score[0])}
    missing = len(table.rows) - len(scores)
    left_out = f" Not drawn: {missing} with lost runs." if missing else ""

    def point(row: BoardRow, x: SeedRange, y: SeedRange) -> ScatterPoint:
        return ScatterPoint(row.label, style.short(row), style.colour(row), style.shape(row), x, y, links.get(row, ""))

    figures = []
    covered = {name for row in scores for name in row.coverage} - {table.metric}
    if coverage := next((name for name in ("modes@5", "hq@3sigma", "kl") if name in covered), None):
        axis = _axis(table, coverage, coverage == "kl")
        ranges = {row: _range(summary) for row in scores if (summary := row.coverage.get(coverage))}
        points = [point(row, scores[row], values) for row, values in ranges.items()]
        label = f"{metric.title} against {axis.title}"
        caption = f"{label}: median seed, and the range of the seeds.{left_out}"
        figures.append(Figure(scatter_svg(points, metric, axis, label), caption))
    seconds = {row: _core_seconds(row) for row in scores}
    if points := [point(row, values, scores[row]) for row, values in seconds.items() if values[0] > 0]:
        svg = scatter_svg(points, Axis("core-seconds", log=True), metric, f"{metric.title} against core-seconds")
        caption = f"{metric.title} against the seconds of processor cores that training took.{left_out}"
        figures.append(Figure(svg, caption))
    curves = [
        Curve(row.label, style.short(row), style.colour(row), _median_curve(row, table.key))
        for row in table.rows[:MAX_CURVES]
    ]
    if any(curve.points for curve in curves):
        best = f" The {MAX_CURVES} best ranked." if len(table.rows) > MAX_CURVES else ""
        caption = f"{metric.title} along the runs: median over seeds at each evaluation.{best}"
        figures.append(Figure(curves_svg(curves, metric, f"{metric.title} over images"), caption))
    return figures


@lru_cache(maxsize=256)
def _axis(table: BoardTable, name: str, log: bool) -> Axis:
    points = [run.point for row in table.rows for run in row.runs if run.point]
    floors = [floor for point in points if (floor := value(point.metrics, f"{name}.floor")) is not None]
    return Axis(metric_title(name), log, statistics.median(floors) if floors and name != "modes@5" else None)


def _range(summary: Summary) -> SeedRange:
    return summary.low, summary.median, summary.high


def _core_seconds(row: BoardRow) -> SeedRange:
    seconds = [run.point.core_s for run in row.runs if run.point and run.counted] or [0.0]
    return min(seconds), statistics.median(seconds), max(seconds)


def _median_curve(row: BoardRow, key: str) -> list[tuple[float, float]]:
    """The median over seeds wherever at least half of them were evaluated."""
    values: dict[int, list[float]] = defaultdict(list)
    for run in row.runs:
        for images, score in _curve(run, key):
            values[images].append(score)
    return [
        (at, statistics.median(scores)) for at, scores in sorted(values.items()) if 2 * len(scores) >= len(row.runs)
    ]


def _curve(run: SeedResult, key: str) -> list[tuple[int, float]]:
    return [(point.images, score) for point in run.record.curve if (score := point.metrics.get(key)) is not None]


def seeds_figure(row: BoardRow, table: BoardTable) -> Figure | None:
    """The curve of every seed, and their median, for the page of a combination."""
    metric = _axis(table, table.metric, table.scale.log)
    median = [Curve("median over seeds", "median", 0, _median_curve(row, table.key))] if len(row.runs) > 1 else []
    seeds = [(f"seed {run.record.seed}", _curve(run, table.key)) for run in row.runs]
    curves = [*median, *(Curve(name, name, 0, points, bool(median)) for name, points in seeds)]
    if not any(curve.points for curve in curves):
        return None
    svg = curves_svg(curves, metric, f"{metric.title} over images, by seed")
    return Figure(svg, f"{metric.title} along each seed's run.")


def interval_svg(row: BoardRow, scale: Scale) -> str:
    """A small drawing of the median and the range of the seeds, for a cell."""
    if row.summary is None or not math.isfinite(row.summary.median):
        return ""
    low, median, high = map(scale, _range(row.summary))
    return (
        f'<svg class="interval" viewBox="0 0 150 16" aria-hidden="true"><path d="M{low} 8H{high}"/>'
        f'<circle cx="{median}" cy="8" r="3.2"/></svg>'
    )


def interval_scale(table: BoardTable) -> Scale:
    """The scale of the intervals in all rows."""
    ends = [end for row in table.rows if row.summary for end in (row.summary.low, row.summary.high)]
    return Scale.around(ends, 5, 145, table.scale.log)
