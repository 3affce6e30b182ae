"""Images as a grid, and a picture as a file."""

from __future__ import annotations

import io
from math import ceil, sqrt
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:  # curves are drawn without torch
    from torch import Tensor

SIDE, GAP, GREY = 1280, 2, 64
"""Of a grid: pixels in all, about, and between images, and their level."""


def image_grid(images: Tensor, columns: int = 0) -> Image.Image:
    """Images (N, C, H, W) in rows of `columns`, by default about as many as rows; enlarged by a whole factor.

    3 channels are RGB; of any other number the first is shown, in grey.
    """
    from torchvision.utils import make_grid  # slow to import

    columns = columns or ceil(sqrt(len(images)))
    scale = max(1, SIDE // (columns * max(images.shape[2:])))
    rgb = images.shape[1] == 3
    enlarged = (images if rgb else images[:, :1]).cpu().repeat_interleave(scale, 2).repeat_interleave(scale, 3)
    sheet = make_grid(enlarged, columns, GAP, pad_value=GREY)
    return Image.fromarray((sheet.permute(1, 2, 0) if rgb else sheet[0]).contiguous().numpy())


def png_bytes(image: Image.Image) -> bytes:
    """The content of a PNG file, without a date: the same for the same picture."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
