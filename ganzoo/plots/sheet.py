"""Images side by side."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from torch import Tensor

SIDE = 640  # pixels of a picture, about


def grid(images: Tensor, columns: int = 0) -> Image.Image:
    """Images (N, C, H, W) in rows of `columns`, by default as many as rows, a pixel between them.

    Small images are enlarged by whole factors, without blur. 1 channel is grey and 3 are RGB; of any other number the
    first is shown.
    """
    n, channels, height, width = images.shape
    columns = columns or ceil(n**0.5)
    scale = max(1, SIDE // (columns * max(height, width)))
    shown = images if channels == 3 else images[:, :1].expand(-1, 3, -1, -1)
    cells = shown.cpu().permute(0, 2, 3, 1).numpy().repeat(scale, axis=1).repeat(scale, axis=2)
    step_y, step_x = height * scale + 1, width * scale + 1
    sheet = np.full((ceil(n / columns) * step_y + 1, columns * step_x + 1, 3), 64, np.uint8)
    for i, cell in enumerate(cells):
        y, x = i // columns * step_y + 1, i % columns * step_x + 1
        sheet[y : y + step_y - 1, x : x + step_x - 1] = cell
    return Image.fromarray(sheet)
