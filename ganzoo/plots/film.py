"""Animations: how a run's samples changed, and walks through latent space. Drawn with Pillow."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from ganzoo.plots.theme import COLOURS, FAINT, INK, WHITE

SIDE, STRIP = 640, 60
"""Pixels of a picture, about, and of the strip below it."""
FRAME_MS, LAST_MS, STEP_MS = 400, 2_500, 120
"""Milliseconds that a frame is shown: of a run, its last one, and of a walk."""


def progress_gif(pictures: Mapping[int, Path]) -> bytes:
    """A GIF, repeated forever, of pictures by the number of images D had seen. The last is shown for longer."""
    end, reduced = max(pictures), dict[int, Image.Image]()
    for images, path in sorted(pictures.items()):
        with Image.open(path) as picture:
            reduced[images] = _reduced(picture)
    size = reduced[end].size  # earlier ones may have been drawn by another version
    frames = [_labelled(picture.resize(size), f"{at:,} images", at / end) for at, picture in reduced.items()]
    return _gif(frames, [*[FRAME_MS] * (len(frames) - 1), LAST_MS])


def walk_gif(pictures: Sequence[Image.Image]) -> bytes:
    """A GIF, repeated forever, of a picture for each step: there and back, so that it never jumps."""
    there = [_reduced(picture.convert("RGB")) for picture in pictures]
    frames = [frame.quantize(128, Image.Quantize.FASTOCTREE) for frame in there + there[-2:0:-1]]
    return _gif(frames, [STEP_MS] * len(frames))


def _reduced(picture: Image.Image) -> Image.Image:
    """About `SIDE` pixels wide or high."""
    return picture.reduce(max(1, round(max(picture.size) / SIDE)))


def _gif(frames: Sequence[Image.Image], durations: Sequence[int]) -> bytes:
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0)
    return buffer.getvalue()


def _labelled(picture: Image.Image, text: str, share: float) -> Image.Image:
    """The picture above a bar, of which a share is filled, and a text."""
    width, height = picture.size
    frame = Image.new("RGB", (width, height + STRIP), WHITE)
    frame.paste(picture)
    draw = ImageDraw.Draw(frame)
    draw.rectangle((0, height + 4, width, height + 9), FAINT)
    draw.rectangle((0, height + 4, width * share, height + 9), COLOURS[0])
    draw.text((width / 2, height + 48), text, INK, ImageFont.load_default(30), anchor="ms")
    return frame.quantize(128, Image.Quantize.FASTOCTREE)
