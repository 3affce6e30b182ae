"""Pictures: of samples, of walks between them, of a whole run. Drawn with Pillow alone."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image

from ganzoo.plots.plane import paths, scatter
from ganzoo.plots.sheet import grid

if TYPE_CHECKING:  # charts do without torch
    from torch import Tensor

    from ganzoo.interfaces.datasets import Dataset


def picture(samples: Tensor, data: Dataset) -> Image.Image | None:
    """uint8 images (N, C, H, W) as a grid, points (N, 2) over the modes of `data`; None for what has no picture.

    A row of images or a path of points for each walk, where there is one dimension more: (rows, steps, ...).
    """
    if data.kind == "image":
        rows = samples.dim() == 5
        return grid(samples.flatten(0, 1), columns=samples.shape[1]) if rows else grid(samples)
    if data.kind == "points" and data.shape == (2,):
        return paths(samples, data) if samples.dim() == 3 else scatter(samples, data)
    return None


def png(image: Image.Image) -> bytes:
    """As a PNG file."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
