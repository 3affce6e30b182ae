"""The look of all charts. Lengths are inches, from the lower left corner of a figure.

matplotlib is imported when something is drawn, and never its pyplot: no state is global, so threads may draw at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 200
WHITE, INK, PALE, FAINT = "#ffffff", "#333333", "#767676", "#e4e4e4"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
"""Told apart by colour-blind people too (Okabe, Ito 2008), without their yellow, which is too pale on white."""
DASHES: tuple[Any, ...] = ("solid", (0, (4, 2)), (0, (1, 1.5)))
KEY, LETTER, ROW = 0.62, 0.083, 0.21
"""Of a legend, about: a line and the space beside it, a letter, a row."""
LEGEND: dict[str, Any] = {"loc": "upper left", "frameon": False, "borderpad": 0, "borderaxespad": 0, "fontsize": 9.5}


def line_style(i: int) -> dict[str, Any]:
    """Colour and dashes of the i-th line: each colour solid, then dashed, then dotted."""
    return {"color": COLOURS[i % len(COLOURS)], "linestyle": DASHES[i // len(COLOURS) % len(DASHES)]}


def new_figure(width: float, height: float) -> Figure:
    """Empty and white."""
    from matplotlib.figure import Figure

    figure = Figure((width, height), dpi=DPI, facecolor=WHITE)
    figure.set_layout_engine("none")
    return figure


def add_axes(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """In a thin frame. Colours are set here, so that the user's own settings of matplotlib do not change them."""
    w, h = figure.get_size_inches()
    axes = figure.add_axes((left / w, bottom / h, width / w, height / h), facecolor=WHITE)
    axes.spines[:].set(color=PALE, linewidth=0.8)
    axes.tick_params(labelsize=9, color=PALE, labelcolor=INK, width=0.8)
    axes.grid(False)
    return axes


def add_text(figure: Figure, x: float, y: float, text: str, size: float, colour: str = INK, ha: str = "left") -> None:
    """Text of `size` points on the base line y. A `$` is a `$`, not the start of a formula."""
    w, h = figure.get_size_inches()
    figure.text(x / w, y / h, text, fontsize=size, color=colour, ha=ha, parse_math=False)


def legend_columns(names: Sequence[str], width: float) -> int:
    """How many columns of a legend fit."""
    for n in range(len(names), 1, -1):
        if sum(KEY + LETTER * max(map(len, names[i::n])) for i in range(n)) <= width:
            return n
    return 1


def add_legend(figure: Figure, x: float, top: float, styles: Mapping[str, Any], columns: int) -> None:
    """Each name beside a line of its style, row by row."""
    from matplotlib.lines import Line2D

    names = [name for i in range(columns) for name in list(styles)[i::columns]]  # matplotlib fills columns first
    lines = [Line2D([], [], **styles[name]) for name in names]
    w, h = figure.get_size_inches()
    legend = figure.legend(lines, names, bbox_to_anchor=(x / w, top / h), ncols=columns, **LEGEND)
    for text in legend.get_texts():
        text.set(color=INK, parse_math=False)


def render(figure: Figure) -> Image.Image:
    """As pixels: the same for the same figure."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba()).convert("RGB")
