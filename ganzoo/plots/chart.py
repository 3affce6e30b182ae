"""Line charts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeGuard

from PIL import Image

from ganzoo.plots.axis import Axis
from ganzoo.plots.canvas import FAINT, INK, PALE, Canvas, style, width_of

WIDTH, HEIGHT = 640, 400  # pixels of a panel
LEFT, RIGHT, TOP, BOTTOM = 66, 26, 64, 52  # those of its margins
ROW = 22  # and from one row of a legend to the next
DOTS = 20  # a line of no more points shows each
LEVEL = (5, 4)  # dashes

Values = Sequence[tuple[float, float | None]]
"""x and y. A y that is no number breaks the line."""


@dataclass(frozen=True)
class Panel:
    """One chart of a figure."""

    title: str
    lines: Mapping[str, Values]
    note: str = ""
    """Small, below the title."""
    level: float | None = None
    """What real data score: dashed from side to side."""

    def axis(self, bottom: float, top: float) -> Axis:
        """The vertical one. Logarithmic where values span decades, unless real data are above them: more is better."""
        values = [y for line in self.lines.values() for _, y in line if _finite(y)]
        if self.level is None:
            return Axis.around(values, bottom, top)
        return Axis.around([*values, self.level], bottom, top, log=self.level < max(values, default=0))


@dataclass(frozen=True)
class Key:
    """A line of a legend."""

    name: str
    colour: str
    dash: tuple[float, ...] = ()


def figure(panels: Sequence[Panel], names: Sequence[str] = ()) -> Image.Image:
    """Panels in two columns. Each explains its own lines, unless all draw those of `names`, explained above."""
    columns = min(2, len(panels))
    shared = [Key(name, *style(i)) for i, name in enumerate(names)]
    head = _legend(None, shared, 0, 0, WIDTH * columns - LEFT - RIGHT) + 16 if shared else 0
    canvas = Canvas(WIDTH * columns, head + HEIGHT * math.ceil(len(panels) / columns))
    _legend(canvas, shared, LEFT, 28, WIDTH * columns - LEFT - RIGHT)
    last = max((x for panel in panels for line in panel.lines.values() for x, _ in line), default=0) or 1
    for i, panel in enumerate(panels):
        _draw(canvas, panel, WIDTH * (i % columns), head + HEIGHT * (i // columns), last, shared)
    return canvas.image()


def _draw(canvas: Canvas, panel: Panel, x: int, y: int, last: float, shared: Sequence[Key]) -> None:
    keys = {key.name: key for key in shared or [Key(name, *style(i)) for i, name in enumerate(panel.lines)]}
    said = [] if shared or list(keys) == [panel.title] else list(keys.values())
    said += [Key(f"real data {panel.level:.3g}", PALE, LEVEL)] if panel.level is not None else []
    across = Axis(0, last, x + LEFT, x + WIDTH - RIGHT)
    canvas.text(across.start, y + 30, panel.title, 18)
    canvas.text(across.start, y + 49, panel.note, 12, PALE)
    up = panel.axis(y + HEIGHT - BOTTOM, y + TOP + _legend(canvas, said, across.start, y + TOP + 10, across.length))
    _frame(canvas, across, up)
    if panel.level is not None:
        canvas.line([(across.start, up(panel.level)), (across.end, up(panel.level))], PALE, 1.2, LEVEL)
    for name, line in panel.lines.items():
        _plot(canvas, [(across(at), None if y is None or not _finite(y) else up(y)) for at, y in line], keys[name])


def _plot(canvas: Canvas, line: Values, key: Key) -> None:
    """In pixels."""
    for there, piece in groupby(line, lambda point: point[1] is not None):
        points = [(x, y) for x, y in piece if y is not None]
        if there and len(points) > 1:
            canvas.line(points, key.colour, 1.8, key.dash)
        for x, y in points if len(line) <= DOTS or len(points) == 1 else ():
            canvas.disc(x, y, 3, key.colour)


def _frame(canvas: Canvas, across: Axis, up: Axis) -> None:
    """Ticks, faint lines at each, what is drawn against what."""
    for value, said in up.ticks().items():
        canvas.line([(across.start, up(value)), (across.end, up(value))], FAINT)
        canvas.text(across.start - 8, up(value), said, 13, INK, "rm")
    for value, said in across.ticks().items():
        canvas.line([(across(value), up.start), (across(value), up.start + 5)], PALE)
        canvas.text(across(value), up.start + 20, said, 13, INK, "ms")
    canvas.line([(across.start, up.start), (across.end, up.start)], PALE)
    canvas.text(across.end, up.start + 38, "real images shown to D", 13, PALE, "rs")


def _legend(canvas: Canvas | None, keys: Sequence[Key], left: float, top: float, room: float) -> int:
    """From left to right, as many rows as that takes. Gives the height."""
    x, row = 0.0, 0
    for key in keys:
        wide = 34 + width_of(key.name, 14)
        x, row = (0.0, row + 1) if x and x + wide > room else (x, row)
        if canvas is not None:
            at, middle = left + x, top + row * ROW
            canvas.line([(at, middle - 5), (at + 26, middle - 5)], key.colour, 2.2, key.dash)
            canvas.text(at + 34, middle, key.name, 14)
        x += wide + 22
    return ROW * (row + 1) if keys else 0


def _finite(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)
