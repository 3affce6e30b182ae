"""Pictures of samples."""

from __future__ import annotations

import io
from math import ceil

import numpy as np
from PIL import Image
from torch import Tensor

SIDE = 640  # pixels of a picture, about


def picture(samples: Tensor, around: Tensor) -> Image.Image:
    """uint8 images (N, C, H, W) as a grid; points (N, 2) as a density over the range of the points `around`."""
    return grid(samples) if samples.dim() == 4 else density(samples, around)


def png(image: Image.Image) -> bytes:
    """As a PNG file."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def grid(images: Tensor) -> Image.Image:
    """A grid as square as can be, a pixel between cells; small images are enlarged by whole factors, without blur.

    1 channel is grey and 3 are RGB; of any other number the first is shown.
    """
    n, channels, height, width = images.shape
    columns = ceil(n**0.5)
    scale = max(1, SIDE // (columns * max(height, width)))
    shown = images if channels == 3 else images[:, :1].expand(-1, 3, -1, -1)
    cells = shown.cpu().permute(0, 2, 3, 1).numpy().repeat(scale, axis=1).repeat(scale, axis=2)
    step_y, step_x = height * scale + 1, width * scale + 1
    sheet = np.full((ceil(n / columns) * step_y + 1, columns * step_x + 1, 3), 64, np.uint8)
    for i, cell in enumerate(cells):
        y, x = i // columns * step_y + 1, i % columns * step_x + 1
        sheet[y : y + step_y - 1, x : x + step_x - 1] = cell
    return Image.fromarray(sheet)


def density(points: Tensor, around: Tensor, bins: int = SIDE // 2) -> Image.Image:
    """Where (N, 2) points lie, dark on white on a logarithmic scale, over the range of `around` and a fifth more."""
    low, high = around.amin(0), around.amax(0)
    margin = 0.1 * (high - low)
    limits = list(zip((low - margin).tolist(), (high + margin).tolist(), strict=True))
    x, y = points.cpu().double().numpy().T
    counts, _, _ = np.histogram2d(x, y, bins=bins, range=limits)
    shade = np.log1p(counts) / max(np.log1p(counts).max(), 1e-9)
    sheet = (255 * (1 - shade.T[::-1] ** 0.5)).astype(np.uint8)  # y upwards
    return Image.fromarray(sheet).resize((SIDE, SIDE), Image.Resampling.NEAREST)
