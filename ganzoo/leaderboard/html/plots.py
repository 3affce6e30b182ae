"""Figures, drawn as SVG by hand: points with their seeds' spread, and curves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from ganzoo.leaderboard.html.axes import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Scale, frame, svg
from ganzoo.leaderboard.numbers import format_number as short

Spread = tuple[float, float, float]
"""Lowest, median and highest seed."""
SHAPES = ("circle", "square", "triangle", "diamond")
LABELS = 16
"""Points that are named, if there is room."""
NARROW = 7.3
"""Pixels of a letter, about."""


@dataclass(frozen=True)
class Point:
    """A combination in a scatter plot."""

    name: str
    short: str
    colour: int
    shape: int
    x: Spread
    y: Spread
    link: str = ""


@dataclass(frozen=True)
class Axis:
    """What it shows, and how."""

    title: str
    log: bool = False
    real: float | None = None
    """What real data scores."""


def scatter(points: Sequence[Point], across: Axis, up: Axis, name: str) -> str:
    """Medians, and lines from the lowest to the highest seed."""
    x = Scale.around(values([p.x for p in points], across.real), LEFT, WIDTH - RIGHT, across.log)
    y = Scale.around(values([p.y for p in points], up.real), HEIGHT - BOTTOM, TOP, up.log)
    parts = [*frame(x, y, across.title, up.title), *real_lines(x, across, y, up)]
    parts += [_point(p, x, y, across, up) for p in reversed(points)]
    return svg([*parts, *_labels(points, x, y)], name)


def values(spreads: Sequence[Spread], real: float | None) -> list[float]:
    """All that must fit on an axis."""
    return [*(v for spread in spreads for v in spread), *([real] if real is not None else [])]


def real_lines(x: Scale, across: Axis, y: Scale, up: Axis) -> Iterator[str]:
    """Dashed lines where real data stands."""
    if across.real is not None:
        at, edge = x(across.real), HEIGHT - BOTTOM
        yield f'<line class="real" x1="{at}" x2="{at}" y1="{TOP}" y2="{edge}"/>'
        yield f'<text class="note" x="{at + 4}" y="{edge - 6}">real data</text>'
    if up.real is not None:
        at = y(up.real)
        yield f'<line class="real" x1="{LEFT}" x2="{x.end}" y1="{at}" y2="{at}"/>'
        yield f'<text class="note" x="{LEFT + 4}" y="{at - 5}">real data</text>'


def _point(p: Point, x: Scale, y: Scale, across: Axis, up: Axis) -> str:
    cx, cy = x(p.x[1]), y(p.y[1])
    said = f"{p.name}\n{across.title}: {_said(p.x)}\n{up.title}: {_said(p.y)}"
    lines = f'<path class="spread" d="M{x(p.x[0])} {cy}H{x(p.x[2])}M{cx} {y(p.y[0])}V{y(p.y[2])}"/>'
    drawn = f'<g class="c{p.colour}"><title>{escape(said)}</title>{lines}{marker(p.shape, cx, cy)}</g>'
    return f'<a href="{escape(p.link)}">{drawn}</a>' if p.link else drawn


def _said(spread: Spread) -> str:
    low, median, high = map(short, spread)
    return median if low == high else f"{median} ({low} to {high})"


def marker(shape: int, cx: float, cy: float, r: float = 4.5) -> str:
    """A dot, square, triangle or diamond."""
    match SHAPES[shape % len(SHAPES)]:
        case "square":
            return f'<rect class="dot" x="{cx - r:.1f}" y="{cy - r:.1f}" width="{2 * r}" height="{2 * r}"/>'
        case "triangle":
            return f'<path class="dot" d="M{cx} {cy - 1.2 * r:.1f}l{1.2 * r:.1f} {2.1 * r:.1f}h-{2.4 * r:.1f}z"/>'
        case "diamond":
            return (
                f'<path class="dot" d="M{cx} {cy - 1.4 * r:.1f}l{1.4 * r:.1f} {1.4 * r:.1f}l-{1.4 * r:.1f} '
                f'{1.4 * r:.1f}l-{1.4 * r:.1f} -{1.4 * r:.1f}z"/>'
            )
        case _:
            return f'<circle class="dot" cx="{cx}" cy="{cy}" r="{r}"/>'


def _labels(points: Sequence[Point], x: Scale, y: Scale) -> Iterator[str]:
    """Names beside the first points, where nothing else stands."""
    taken = [(x(p.x[1]) - 6, y(p.y[1]) - 6, x(p.x[1]) + 6, y(p.y[1]) + 6) for p in points[:200]]
    for p in points[:LABELS]:
        cx, cy, wide = x(p.x[1]), y(p.y[1]), NARROW * len(p.short)
        for left, top in ((cx + 9, cy - 15), (cx + 9, cy + 3), (cx - 9 - wide, cy - 15), (cx - 9 - wide, cy + 3)):
            box = (left, top, left + wide, top + 12)
            if (
                left < LEFT
                or box[2] > WIDTH
                or top < 0
                or box[3] > HEIGHT - BOTTOM
                or any(_meet(box, t) for t in taken)
            ):
                continue
            taken.append(box)
            yield f'<text class="name" x="{left:.1f}" y="{top + 10:.1f}">{escape(p.short)}</text>'
            break


def _meet(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
