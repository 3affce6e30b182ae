"""Points in the plane, over the modes of the data."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ganzoo.plots.theme import INK, PALE, WHITE, add_axes, add_text, line_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from torch import Tensor

    from ganzoo.interfaces.datasets import Dataset

SIDE, LEFT, RIGHT, TOP, BOTTOM = 6.4, 0.55, 0.2, 0.4, 0.35
"""Inches of the square in which points are, and of the margins around it."""
IN_MODE, IN_NONE, REAL = "#004c86", "#c04c00", "#999999"


def draw_points(points: Tensor, data: Dataset) -> Figure:
    """Points (N, 2) over the modes of `data`, darker where there are more of them: blue in a mode, orange in none.

    A circle of 3 sigma is a mode, a bold one a mode without points. Data without centres is shown in grey.
    """
    figure, axes = _plane(data)
    xy, modes = _array(points), data.modes(points).cpu().numpy()
    in_mode = (modes >= 0) | (data.n_modes == 0)
    _draw_modes(axes, data, set(modes[in_mode].tolist()))
    for some, colour in ((xy[~in_mode], IN_NONE), (xy[in_mode], IN_MODE)):
        _draw_dots(axes, some, colour)
    low, high = np.transpose([axes.get_xlim(), axes.get_ylim()])
    outside = len(xy) - int(((xy >= low) & (xy <= high)).all(1).sum())
    y = BOTTOM + SIDE + 0.12
    add_text(figure, LEFT, y, f"{len(xy):,} points" + (f", {outside:,} outside" if outside else ""), 10)
    if data.n_modes:
        share = in_mode.sum() / max(len(xy), 1)
        add_text(figure, LEFT + 2.15, y, f"\N{BLACK CIRCLE} {share:.1%} in a mode", 10, IN_MODE)
        add_text(figure, LEFT + 3.65, y, f"\N{BLACK CIRCLE} {1 - share:.1%} in none", 10, IN_NONE)
        reached = len(set(modes[in_mode].tolist()))
        add_text(figure, LEFT + SIDE, y, f"{reached:,} of {data.n_modes:,} modes", 10, ha="right")
    return figure


def draw_walks(walks: Tensor, data: Dataset) -> Figure:
    """Walks (W, K, 2) over the modes of `data`: a ring at the first step, dots at the others."""
    figure, axes = _plane(data)
    _draw_modes(axes, data, range(data.n_modes))
    for i, walk in enumerate(_array(walks)):
        style = line_style(i)
        axes.plot(*walk.T, linewidth=1.1, marker="o", markersize=3, **style)
        axes.plot(*walk[:1].T, "o", markersize=7, markerfacecolor=WHITE, markeredgecolor=style["color"])
    text = f"{len(walks):,} walks of {walks.shape[1]:,} points, each from its ring"
    add_text(figure, LEFT, BOTTOM + SIDE + 0.12, text, 10)
    return figure


def _array(points: Tensor) -> npt.NDArray[np.float64]:
    return points.detach().cpu().double().numpy()


def _plane(data: Dataset) -> tuple[Figure, Axes]:
    """A square that holds all modes and a fifth more. Data without centres is drawn in grey."""
    centres, margin = getattr(data, "centres", None), 3 * float(getattr(data, "sigma", 0.0))
    shown = _array(data.test.x if centres is None else centres)
    low, high = shown.min(0) - margin, shown.max(0) + margin
    (x, y), reach = (low + high) / 2, 0.6 * (high - low).max() or 1.0
    figure = new_figure(LEFT + SIDE + RIGHT, BOTTOM + SIDE + TOP)
    axes = add_axes(figure, LEFT, BOTTOM, SIDE, SIDE)
    axes.set(xlim=(x - reach, x + reach), ylim=(y - reach, y + reach), autoscale_on=False)
    axes.locator_params(nbins=6)
    if centres is None:
        _draw_dots(axes, shown[:10_000], REAL)
    return figure, axes


def _draw_dots(axes: Axes, xy: npt.NDArray[np.float64], colour: str) -> None:
    axes.plot(*xy.T, "o", color=colour, alpha=0.55, markersize=2.3, markeredgewidth=0)


def _draw_modes(axes: Axes, data: Dataset, reached: Collection[int]) -> None:
    """The outline of all modes that are reached, thin, and of all others, bold."""
    from matplotlib.collections import EllipseCollection

    centres, (low, high) = getattr(data, "centres", None), axes.get_xlim()
    if centres is None:
        return
    size = max(6 * float(getattr(data, "sigma", 0.0)), 0.006 * (high - low))
    for bold in (False, True):
        some = np.array([xy for i, xy in enumerate(_array(centres)) if (i in reached) != bold]).reshape(-1, 2)
        sizes = np.full(len(some), size)  # one for each: a single one would be drawn at whole pixels
        for edge in (INK if bold else PALE, "none"):  # the second hides what of a rim is within other circles
            style: dict[str, Any] = {"facecolors": WHITE, "edgecolors": edge, "linewidths": 3 if bold else 1.6}
            place: dict[str, Any] = {"units": "xy", "offsets": some, "offset_transform": axes.transData}
            axes.add_collection(EllipseCollection(sizes, sizes, np.zeros(len(some)), **style, **place))
