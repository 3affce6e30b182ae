"""Scatter plots in SVG: the median of each combination, with the range of its seeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from ganzoo.leaderboard.html.svg_axes import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Scale, frame, svg
from ganzoo.leaderboard.numbers import format_number

SeedRange = tuple[float, float, float]
"""Lowest, median and highest value of the seeds."""
SHAPES = ("circle", "square", "triangle", "diamond")
MAX_NAMES = 16
"""Points or curves with names beside them, if there is room."""
LETTER = 7.3
"""Pixels of a letter, about."""


@dataclass(frozen=True)
class ScatterPoint:
    """A combination in a scatter plot."""

    name: str
    short_name: str
    colour: int
    shape: int
    x: SeedRange
    y: SeedRange
    link: str = ""


@dataclass(frozen=True)
class Axis:
    """What an axis shows."""

    title: str
    log: bool = False
    real: float | None = None
    """What real data scores."""


def scatter_svg(points: Sequence[ScatterPoint], x_axis: Axis, y_axis: Axis, label: str) -> str:
    """A marker at the medians, and lines from the lowest to the highest seed."""
    x = Scale.around(_shown_values([p.x for p in points], x_axis), LEFT, WIDTH - RIGHT, x_axis.log)
    y = Scale.around(_shown_values([p.y for p in points], y_axis), HEIGHT - BOTTOM, TOP, y_axis.log)
    parts = [*frame(x, y, x_axis.title, y_axis.title), *real_data_lines(x, x_axis, y, y_axis)]
    parts += [_point_svg(p, x, y, x_axis, y_axis) for p in reversed(points)]
    return svg([*parts, *_names(points, x, y)], label)


def _shown_values(ranges: Sequence[SeedRange], axis: Axis) -> list[float]:
    return [*(value for ends in ranges for value in ends), *([] if axis.real is None else [axis.real])]


def real_data_lines(x: Scale, x_axis: Axis, y: Scale, y_axis: Axis) -> Iterator[str]:
    """Dashed lines at the scores of real data."""
    if x_axis.real is not None:
        at, bottom = x(x_axis.real), HEIGHT - BOTTOM
        yield f'<line class="real" x1="{at}" x2="{at}" y1="{TOP}" y2="{bottom}"/>'
        yield f'<text class="note" x="{at + 4}" y="{bottom - 6}">real data</text>'
    if y_axis.real is not None:
        at = y(y_axis.real)
        yield f'<line class="real" x1="{LEFT}" x2="{x.end}" y1="{at}" y2="{at}"/>'
        yield f'<text class="note" x="{LEFT + 4}" y="{at - 5}">real data</text>'


def _point_svg(point: ScatterPoint, x: Scale, y: Scale, x_axis: Axis, y_axis: Axis) -> str:
    (left, cx, right), (low, cy, high) = map(x, point.x), map(y, point.y)
    tooltip = f"{point.name}\n{x_axis.title}: {_format_range(point.x)}\n{y_axis.title}: {_format_range(point.y)}"
    lines = f'<path class="spread" d="M{left} {cy}H{right}M{cx} {low}V{high}"/>'
    group = f"<title>{escape(tooltip)}</title>{lines}{marker_svg(point.shape, cx, cy)}"
    group = f'<g class="c{point.colour}">{group}</g>'
    return f'<a href="{escape(point.link)}">{group}</a>' if point.link else group


def _format_range(values: SeedRange) -> str:
    low, median, high = map(format_number, values)
    return median if low == high else f"{median} ({low} to {high})"


def marker_svg(shape: int, cx: float, cy: float, r: float = 4.5) -> str:
    """A circle, square, triangle or diamond of radius `r`."""
    match SHAPES[shape % len(SHAPES)]:
        case "square":
            return f'<rect class="dot" x="{cx - r:.1f}" y="{cy - r:.1f}" width="{2 * r}" height="{2 * r}"/>'
        case "triangle":
            return f'<path class="dot" d="M{cx} {cy - 1.2 * r:.1f}l{1.2 * r:.1f} {2.1 * r:.1f}h-{2.4 * r:.1f}z"/>'
        case "diamond":
            side = f"{1.4 * r:.1f}"
            return f'<path class="dot" d="M{cx} {cy - 1.4 * r:.1f}l{side} {side}l-{side} {side}l-{side} -{side}z"/>'
        case _:
            return f'<circle class="dot" cx="{cx}" cy="{cy}" r="{r}"/>'


def _names(points: Sequence[ScatterPoint], x: Scale, y: Scale) -> Iterator[str]:
    """Names of the first points, each at a corner of its marker where it covers no other marker or name."""
    medians = [(x(p.x[1]), y(p.y[1])) for p in points[:200]]
    covered = [(cx - 6, cy - 6, cx + 6, cy + 6) for cx, cy in medians]
    for point, (cx, cy) in zip(points[:MAX_NAMES], medians, strict=False):
        width = LETTER * len(point.short_name)
        for left, top in ((cx + 9, cy - 15), (cx + 9, cy + 3), (cx - 9 - width, cy - 15), (cx - 9 - width, cy + 3)):
            box = (left, top, left + width, top + 12)
            inside = left >= LEFT and box[2] <= WIDTH and top >= 0 and box[3] <= HEIGHT - BOTTOM
            if inside and not any(_overlap(box, other) for other in covered):
                covered.append(box)
                yield f'<text class="name" x="{left:.1f}" y="{top + 10:.1f}">{escape(point.short_name)}</text>'
                break


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
