"""Curves along runs in SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from ganzoo.leaderboard.html.svg_axes import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Scale, frame, svg
from ganzoo.leaderboard.html.svg_scatter import LETTER, MAX_NAMES, Axis, real_data_lines

MAX_MARGIN, MAX_LETTERS = 112, 16
"""Pixels to the right of curves for their names, and letters of a name."""


@dataclass(frozen=True)
class Curve:
    """A metric along runs."""

    name: str
    short_name: str
    colour: int
    points: Sequence[tuple[float, float]]
    """Real images shown to D, and values."""
    thin: bool = False


def curves_svg(curves: Sequence[Curve], y_axis: Axis, label: str) -> str:
    """Values over the real images shown to D. The first curves have their names at their ends."""
    curves = [curve for curve in curves if curve.points]
    margin = min(MAX_MARGIN, RIGHT + 8 + LETTER * max(len(curve.short_name) for curve in curves))
    x = Scale(0.0, 1.02 * max(curve.points[-1][0] for curve in curves), LEFT, WIDTH - margin)
    values = [value for curve in curves for _, value in curve.points]
    values += [] if y_axis.real is None else [y_axis.real]
    y = Scale.around(values, HEIGHT - BOTTOM, TOP, y_axis.log)
    parts = [*frame(x, y, "real images shown to D", y_axis.title, counts=True)]
    parts += real_data_lines(x, Axis(""), y, y_axis)
    return svg([*parts, *(_curve_svg(curve, x, y) for curve in reversed(curves)), *_names(curves, x, y)], label)


def _curve_svg(curve: Curve, x: Scale, y: Scale) -> str:
    path = "L".join(f"{x(images)} {y(value)}" for images, value in curve.points)
    style = "line thin" if curve.thin else "line"
    return f'<g class="c{curve.colour}"><title>{escape(curve.name)}</title><path class="{style}" d="M{path}"/></g>'


def _names(curves: Sequence[Curve], x: Scale, y: Scale) -> Iterator[str]:
    """Names of the first curves, where they cover no other name."""
    heights: list[float] = []
    for curve in curves[:MAX_NAMES]:
        images, value = curve.points[-1]
        height = y(value)
        if curve.short_name and all(abs(height - other) >= 13 for other in heights):
            heights.append(height)
            place = f'x="{x(images) + 6:.1f}" y="{height + 4:.1f}"'
            yield f'<text class="name c{curve.colour}" {place}>{escape(curve.short_name[:MAX_LETTERS])}</text>'
