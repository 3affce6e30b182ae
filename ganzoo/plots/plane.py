"""Points in the plane, over the modes of the data."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

from ganzoo.plots.axis import Axis
from ganzoo.plots.canvas import FINE, INK, PALE, Canvas, style, width_of

if TYPE_CHECKING:
    from torch import Tensor

    from ganzoo.interfaces.datasets import Dataset

SIDE, LEFT, TOP, RIGHT, BOTTOM = 640, 52, 40, 20, 36  # pixels: the square in which points are, and its margins
DOT = 1.6  # radius of a point
Shades = tuple[tuple[int, int, int], tuple[int, int, int]]  # where few points are, and where most are
WITHIN: Shades = ((140, 192, 226), (0, 52, 100))
BEYOND: Shades = ((248, 178, 130), (165, 50, 0))
REAL: Shades = ((226, 226, 226), (160, 160, 160))


def scatter(points: Tensor, data: Dataset) -> Image.Image:
    """Points (N, 2) over the modes of `data`, darker where more of them are: blue in a mode, orange in none.

    A circle of 3 sigma is a mode, a bold one a mode without points; data that has no centres is shown in grey.
    """
    plane, modes = Plane(data), data.modes(points).cpu().numpy()
    xy, inside = plane.pixels(points), (modes >= 0) | (data.n_modes == 0)
    plane.cloud(xy[~inside], BEYOND)
    plane.cloud(xy[inside], WITHIN)
    found = set(modes[inside].tolist())
    canvas = plane.canvas(found)
    outside = len(xy) - plane.inside(xy).sum()
    said = [("", f"{len(xy):,} points" + (f", {outside:,} of them outside" if outside else ""))]
    if data.n_modes:
        share = inside.sum() / max(len(inside), 1)
        said += [(_hex(WITHIN), f"{share:.1%} in a mode"), (_hex(BEYOND), f"{1 - share:.1%} in none")]
        said += [("", f"{len(found):,} of {data.n_modes:,} modes")]
    return _explained(canvas, said)


def paths(walks: Tensor, data: Dataset) -> Image.Image:
    """Walks (W, K, 2) over the modes of `data`: from a ring, with a dot at each step."""
    plane = Plane(data)
    canvas = plane.canvas(range(data.n_modes))
    for i, walk in enumerate(walks):
        colour, dash = style(i)
        steps = plane.pixels(walk)
        for there, piece in groupby(steps.tolist(), lambda xy: bool(plane.inside(np.array(xy)))):
            canvas.line([(x, y) for x, y in piece] if there else [], colour, 1.4, dash)
        for x, y in steps[plane.inside(steps)].tolist():
            first = (x, y) == tuple(steps[0])
            canvas.disc(x, y, 5 if first else 2.4, "white" if first else colour, colour)
    return _explained(canvas, [("", f"{walks.shape[0]:,} walks of {walks.shape[1]:,} points, each from its ring")])


class Plane:
    """A square with all modes in it, and a fifth more."""

    def __init__(self, data: Dataset) -> None:
        self.centres, sigma = getattr(data, "centres", None), float(getattr(data, "sigma", 0.0))
        seen = (data.test.x if self.centres is None else self.centres).double()
        low, high = seen.amin(0) - 3 * sigma, seen.amax(0) + 3 * sigma
        self.reach = 0.6 * float((high - low).max()) or 1.0
        self.low = ((low + high) / 2).numpy() - self.reach
        self.radius = max(2.0, 3 * sigma * SIDE / (2 * self.reach))
        self.sheet = np.full((SIDE * FINE, SIDE * FINE, 3), 255, np.uint8)
        if self.centres is None:
            self.cloud(self.pixels(data.test.x[:10_000]), REAL)

    def pixels(self, points: Tensor) -> npt.NDArray[np.float64]:
        """(N, 2) in the data's units -> in pixels, y downwards."""
        share = (points.detach().cpu().double().numpy() - self.low) / (2 * self.reach)
        return np.stack([LEFT + share[:, 0] * SIDE, TOP + (1 - share[:, 1]) * SIDE], axis=1)

    def inside(self, xy: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Whether pixels (..., 2) are in the square."""
        share = (xy - (LEFT, TOP)) / SIDE
        return np.asarray(((share >= 0) & (share < 1)).all(axis=-1))

    def cloud(self, xy: npt.NDArray[np.float64], shades: Shades) -> None:
        """A dot at each; where dots overlap, darker with the logarithm of how many do."""
        side, reach = len(self.sheet), int(DOT * FINE)
        around = np.arange(-reach, reach + 1)
        dy, dx = (d.ravel() for d in np.meshgrid(around, around))
        round_ = dx**2 + dy**2 <= (DOT * FINE) ** 2
        at = ((xy[self.inside(xy)] - (LEFT, TOP)) * FINE).astype(np.int64)
        x, y = at[:, :1] + dx[round_], at[:, 1:] + dy[round_]
        here = (x >= 0) & (x < side) & (y >= 0) & (y < side)
        pixel, count = np.unique(y[here] * side + x[here], return_counts=True)
        shade = np.log1p(count)[:, None] / np.log1p(max(count.max(initial=0), 10))
        few, most = np.array(shades, dtype=np.float64)
        self.sheet.reshape(-1, 3)[pixel] = (few + (most - few) * shade).astype(np.uint8)

    def canvas(self, found: Collection[int]) -> Canvas:
        """The clouds, the modes, of which those not `found` are bold, and a frame with ticks."""
        made = Canvas(LEFT + SIDE + RIGHT, TOP + SIDE + BOTTOM)
        made.paste(Image.fromarray(self.sheet), LEFT, TOP)
        centres = [] if self.centres is None else self.pixels(self.centres).tolist()
        made.rims([xy for i, xy in enumerate(centres) if i in found], self.radius, PALE, 1)
        made.rims([xy for i, xy in enumerate(centres) if i not in found], self.radius, INK, 2)
        right, bottom = LEFT + SIDE, TOP + SIDE
        made.line([(LEFT, TOP), (right, TOP), (right, bottom), (LEFT, bottom), (LEFT, TOP)], PALE)
        across, up = (
            Axis(low, low + 2 * self.reach, *ends)
            for low, ends in zip(self.low.tolist(), ((LEFT, right), (bottom, TOP)), strict=True)
        )
        for value, said in across.ticks().items():
            made.line([(across(value), bottom), (across(value), bottom + 5)], PALE)
            made.text(across(value), bottom + 20, said, 13, INK, "ms")
        for value, said in up.ticks().items():
            made.line([(LEFT - 5, up(value)), (LEFT, up(value))], PALE)
            made.text(LEFT - 9, up(value), said, 13, INK, "rm")
        return made


def _explained(canvas: Canvas, said: Sequence[tuple[str, str]]) -> Image.Image:
    """The picture, with what it shows in a line above: a colour, if any, and a text."""
    x = float(LEFT)
    for colour, text in said:
        if colour:
            canvas.disc(x + 5, TOP - 17, 5, colour)
            x += 16
        canvas.text(x, TOP - 12, text, 15)
        x += width_of(text, 15) + 24
    return canvas.image()


def _hex(shades: Shades) -> str:
    """Between few and most."""
    return "#" + "".join(f"{(few + most) // 2:02x}" for few, most in zip(*shades, strict=True))
