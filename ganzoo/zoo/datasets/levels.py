"""A check of pixels that was forgotten by whoever wrote them."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from ganzoo.support.errors import DataError


def check_levels(path: Path, x: Tensor) -> Tensor:
    """uint8 images from a file or folder, as they are. Raises `DataError` if their levels are 0 and 1: nearly black."""
    if x.numel() and x.max() == 1:
        raise DataError(f"{path}: levels are only 0 and 1; images have levels 0 to 255, so multiply them by 255")
    return x
