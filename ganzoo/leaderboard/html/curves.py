"""Curves along runs, as SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from ganzoo.leaderboard.html.axes import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Scale, frame, svg
from ganzoo.leaderboard.html.plots import LABELS, NARROW, Axis, real_lines, values

MARGIN = 112
"""Beside curves, at most, for their names."""
ROOM = 16
"""Letters that stand there."""


@dataclass(frozen=True)
class Curve:
    """A metric along runs."""

    name: str
    short: str
    colour: int
    points: Sequence[tuple[float, float]]
    thin: bool = False


def curves(lines: Sequence[Curve], up: Axis, name: str) -> str:
    """Over the real images that D was shown. The first lines are named at their ends."""
    drawn = [line for line in lines if line.points]
    room = min(MARGIN, RIGHT + 8 + NARROW * max(len(line.short) for line in drawn))
    x = Scale(0.0, 1.02 * max(line.points[-1][0] for line in drawn), LEFT, WIDTH - room)
    known = [value for line in drawn for _, value in line.points]
    y = Scale.around(values([], up.real) + known, HEIGHT - BOTTOM, TOP, up.log)
    parts = [*frame(x, y, "real images shown to D", up.title, counts=True)]
    if up.real is not None:
        parts += real_lines(x, Axis(""), y, up)
    return svg([*parts, *(_curve(line, x, y) for line in reversed(drawn)), *_ends(drawn, x, y)], name)


def _curve(line: Curve, x: Scale, y: Scale) -> str:
    path = "L".join(f"{x(a)} {y(b)}" for a, b in line.points)
    style = "line thin" if line.thin else "line"
    return f'<g class="c{line.colour}"><title>{escape(line.name)}</title><path class="{style}" d="M{path}"/></g>'


def _ends(lines: Sequence[Curve], x: Scale, y: Scale) -> Iterator[str]:
    """Names at the ends, where they do not meet."""
    taken: list[float] = []
    for line in lines[:LABELS]:
        at = y(line.points[-1][1])
        if line.short and all(abs(at - other) >= 13 for other in taken):
            taken.append(at)
            left, name = x(line.points[-1][0]) + 6, escape(line.short[:ROOM])
            yield f'<text class="name c{line.colour}" x="{left:.1f}" y="{at + 4:.1f}">{name}</text>'
