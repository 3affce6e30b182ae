"""What charts are drawn on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from math import hypot

from PIL import Image, ImageDraw, ImageFont

FINE = 3  # lines are drawn so many times larger, and then reduced, which makes their edges smooth
Point = tuple[float, float]

WHITE, INK, PALE, FAINT = "#ffffff", "#333333", "#767676", "#e4e4e4"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
"""Those that the colour-blind can tell apart too (Okabe, Ito 2008), without the yellow, which is lost on white."""
DASHES: tuple[tuple[float, ...], ...] = ((), (8, 5), (2, 4))


def style(i: int) -> tuple[str, tuple[float, ...]]:
    """Colour and dashes of the i-th line: colours first, then the same dashed."""
    return COLOURS[i % len(COLOURS)], DASHES[i // len(COLOURS) % len(DASHES)]


@cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own. It has Latin letters, and neither σ nor ×."""
    return ImageFont.load_default(size)


def width_of(text: str, size: int) -> float:
    """Pixels that `text` is wide."""
    return font(size).getlength(text)


class Canvas:
    """A white sheet. Lengths are pixels of the picture that `image` gives, y is downwards."""

    def __init__(self, width: int, height: int) -> None:
        self.size = (width, height)
        self._fine = Image.new("RGB", (width * FINE, height * FINE), WHITE)
        self._draw = ImageDraw.Draw(self._fine)
        self._texts: list[tuple[Point, str, int, str, str]] = []

    def line(self, points: Sequence[Point], colour: str, width: float = 1, dash: Sequence[float] = ()) -> None:
        """Through all points, with round corners; `dash` is lengths drawn and left out in turn."""
        for part in dashed(points, *dash) if dash else [points]:
            xy = [(x * FINE, y * FINE) for x, y in part]
            self._draw.line(xy, fill=colour, width=max(1, round(width * FINE)), joint="curve")

    def disc(self, x: float, y: float, radius: float, fill: str | None, outline: str | None = None) -> None:
        """A disc, a circle, or both."""
        box = [(x - radius) * FINE, (y - radius) * FINE, (x + radius) * FINE, (y + radius) * FINE]
        self._draw.ellipse(box, fill=fill, outline=outline, width=round(1.5 * FINE))

    def rims(self, centres: Sequence[Sequence[float]], radius: float, colour: str, width: float) -> None:
        """Circles around `centres`, but not where they run within another."""
        mask = Image.new("1", self._fine.size)
        draw = ImageDraw.Draw(mask)
        for reach in (radius + width / 2, radius - width / 2):
            for x, y in centres:
                box = [(x - reach) * FINE, (y - reach) * FINE, (x + reach) * FINE, (y + reach) * FINE]
                draw.ellipse(box, fill=int(reach > radius))
        self._fine.paste(colour, mask=mask)

    def text(self, x: float, y: float, text: str, size: int = 15, colour: str = INK, anchor: str = "ls") -> None:
        """`anchor` as Pillow has it: l, m or r of the text is at x; a, m or s (its baseline) is at y."""
        self._texts.append(((x, y), text, size, colour, anchor))

    def paste(self, picture: Image.Image, x: int, y: int) -> None:
        """Put a picture, which is `FINE` times as large as it will look, at its upper left corner."""
        self._fine.paste(picture, (x * FINE, y * FINE))

    def image(self) -> Image.Image:
        """What was drawn, and the texts upon it."""
        made = self._fine.reduce(FINE)
        draw = ImageDraw.Draw(made)
        for xy, text, size, colour, anchor in self._texts:
            draw.text(xy, text, fill=colour, font=font(size), anchor=anchor)
        return made


def dashed(points: Sequence[Point], on: float, off: float) -> Iterator[list[Point]]:
    """The pieces of a line that are drawn, when `on` of its length is drawn and `off` left out in turn."""
    piece, left, drawn = [points[0]] if points else [], on, True
    for (x, y), end in pairwise(points):
        while left < (rest := hypot(end[0] - x, end[1] - y)):
            x, y = x + (end[0] - x) * left / rest, y + (end[1] - y) * left / rest
            if drawn:
                yield [*piece, (x, y)]
            piece, drawn = [(x, y)], not drawn
            left = on if drawn else off
        left -= rest
        piece.append(end)
    if drawn and len(piece) > 1:
        yield piece
