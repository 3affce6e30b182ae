"""How a run's samples changed."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from PIL import Image, ImageDraw

from ganzoo.plots.canvas import COLOURS, FAINT, INK, WHITE, font

SIDE = 400  # pixels of a picture, about
STRIP = 34  # pixels below a frame, for its label
EACH, LAST = 400, 2_500  # milliseconds that a frame is shown


def progress(pictures: Mapping[int, Path]) -> bytes:
    """A GIF, without end, of the pictures by the images seen until then; each says how many, and the last stays."""
    frames = [_frame(Image.open(path), images, max(pictures)) for images, path in sorted(pictures.items())]
    buffer = io.BytesIO()
    durations = [*[EACH] * (len(frames) - 1), LAST]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0)
    return buffer.getvalue()


def _frame(picture: Image.Image, images: int, end: int) -> Image.Image:
    """The picture, small, above how many images were seen, as a number and as a bar."""
    picture = picture.reduce(max(1, round(max(picture.size) / SIDE)))
    width, height = picture.size
    frame = Image.new("RGB", (width, height + STRIP), WHITE)
    frame.paste(picture)
    draw = ImageDraw.Draw(frame)
    draw.rectangle((0, height + 2, width, height + 5), FAINT)
    draw.rectangle((0, height + 2, width * images / end, height + 5), COLOURS[0])
    draw.text((width / 2, height + 28), f"{images:,} images", INK, font(16), anchor="ms")
    return frame.quantize(128, Image.Quantize.FASTOCTREE)
