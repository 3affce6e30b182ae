"""Line charts: values against real images shown to D."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ganzoo.plots.theme import FAINT, PALE, ROW, add_axes, add_legend, add_text, legend_columns, line_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT, LEFT, RIGHT, BOTTOM = 6.4, 4.0, 0.7, 0.25, 0.55
"""Inches of a panel and of the margins of its axes."""
LOG_RATIO = 20.0
"""A scale is logarithmic where the largest value is so many times the smallest."""
MAX_MARKED = 20
"""Points of a line that are few enough to mark each."""
LEVEL: dict[str, Any] = {"color": PALE, "linestyle": (0, (4, 3)), "linewidth": 1.2}

LoggedValue = tuple[float, float | None]
"""Images and a value. One that is None or not finite breaks its line."""
Line = Sequence[LoggedValue]


@dataclass(frozen=True)
class Panel:
    """One chart."""

    title: str
    lines: Mapping[str, Line]
    note: str = ""
    """Small, below the title."""
    level: float | None = None
    """What real data scores: a dashed line across the panel."""


def draw_panels(panels: Sequence[Panel], names: Sequence[str] = ()) -> Figure:
    """Panels in two columns. If all draw lines of the same `names`, one legend at the top explains them."""
    columns = min(2, len(panels))
    keys = legend_columns(names, WIDTH * columns - LEFT - RIGHT)
    height = HEIGHT * -(-len(panels) // columns)
    figure = new_figure(WIDTH * columns, height + (ROW * -(-len(names) // keys) + 0.2 if names else 0))
    if names:
        styles = {name: line_style(i) for i, name in enumerate(names)}
        add_legend(figure, LEFT, figure.get_figheight() - 0.15, styles, keys)
    last = max((x for panel in panels for line in panel.lines.values() for x, _ in line), default=0) or 1
    for i, panel in enumerate(panels):
        _draw(figure, panel, names, WIDTH * (i % columns), height - HEIGHT * (i // columns), last)
    return figure


def _draw(figure: Figure, panel: Panel, names: Sequence[str], x: float, top: float, last: float) -> None:
    """With its upper left corner at (x, top), and its axis from 0 to `last`."""
    order = list(names or panel.lines)
    styles = {name: line_style(order.index(name)) for name in panel.lines}
    keys = {} if names or order == [panel.title] else dict(styles)
    if panel.level is not None:
        keys[f"real data {panel.level:.3g}"] = LEVEL
    columns = legend_columns(list(keys), WIDTH - LEFT - RIGHT)
    add_text(figure, x + LEFT, top - 0.3, panel.title, 13)
    add_text(figure, x + LEFT, top - 0.48, panel.note, 8, PALE)
    add_text(figure, x + WIDTH - RIGHT, top - HEIGHT + 0.12, "real images shown to D", 9, PALE, "right")
    if keys:
        add_legend(figure, x + LEFT, top - 0.6, keys, columns)
    height = HEIGHT - BOTTOM - 0.67 - ROW * -(-len(keys) // columns)
    axes = add_axes(figure, x + LEFT, top - HEIGHT + BOTTOM, WIDTH - LEFT - RIGHT, height)
    if panel.level is not None:
        axes.axhline(panel.level, **LEVEL)
    for name, line in panel.lines.items():
        y = [math.nan if value is None or math.isinf(value) else value for _, value in line]
        gap = [True, *map(math.isnan, y), True]
        marked = [i for i in range(len(y)) if len(y) <= MAX_MARKED or (gap[i] and gap[i + 2])]
        style = {"linewidth": 1.3, "marker": "o", "markersize": 3.5, "markevery": marked, **styles[name]}
        axes.plot([at for at, _ in line], y, clip_on=False, zorder=3, **style)
    _set_scales(axes, panel, last)


def _set_scales(axes: Axes, panel: Panel, last: float) -> None:
    """Values are on a logarithmic scale where they span decades, unless real data is above them: more is better."""
    from matplotlib.ticker import EngFormatter, LogLocator, NullLocator

    values = [y for line in panel.lines.values() for _, y in line if y is not None and math.isfinite(y)] or [0.0]
    real = [] if panel.level is None else [panel.level]
    low, high = min(values + real), max(values + real)
    if low > 0 and high / low >= LOG_RATIO and high not in real:
        axes.set_yscale("log")
        steps = (1, 2, 5) if high / low < 100 else (1, 3) if high / low < 1000 else (1,)
        axes.yaxis.set(major_locator=LogLocator(subs=steps, numticks=7), minor_locator=NullLocator())
        axes.yaxis.set_major_formatter("{x:g}")
    else:
        axes.locator_params("y", nbins=6, steps=[1, 2, 5, 10], integer=all(y == round(y) for y in values + real))
        axes.ticklabel_format(axis="y", useOffset=False, scilimits=(-4, 6))
        axes.yaxis.get_offset_text().set_x(-0.1)  # left of a legend
        if 0 <= low <= high / 2 or 0 < low == high:
            axes.set_ylim(bottom=0)
    axes.set_xlim(0, last)
    axes.locator_params("x", nbins=6, steps=[1, 2, 5, 10], integer=True)
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.grid(axis="y", color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["left", "top", "right"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
