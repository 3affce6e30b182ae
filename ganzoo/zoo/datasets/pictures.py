"""Reading image files: every one of them, or an error that names the first which cannot be used."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from ganzoo.support.errors import DataError

SUFFIXES = {".avif", ".bmp", ".gif", ".heic", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
FAULTS = (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError)
"""What Pillow raises, depending on the format."""
T = TypeVar("T")


def each(files: Iterable[Path], read: Callable[[Path], T]) -> list[T]:
    """`read` of every file; those that fail are named, with what Pillow says."""
    done, faults = [], {}
    for file in files:
        try:
            with warnings.catch_warnings(action="ignore"):  # of odd metadata; damage is an error
                done.append(read(file))
        except FAULTS as fault:
            faults[file] = f"cannot be read: damaged, or not an image ({fault}); repair or remove it"
    refuse(faults, lambda file: faults[file])
    return done


def refuse(files: Iterable[Path], why: Callable[[Path], str]) -> None:
    """Raises `DataError` that names the first file and counts the others."""
    first, *others = [*files, None]
    if first is not None:
        more = f" (and {len(others) - 1} more such)" if len(others) > 1 else ""
        raise DataError(f"{first}: {why(first)}{more}")


def fit(image: Image.Image, size: int, crop: bool = True) -> Image.Image:
    """The middle square, or all of it squeezed, as size x size."""
    if image.size == (size, size):
        return image
    to, how = (size, size), Image.Resampling.LANCZOS
    return ImageOps.fit(image, to, how) if crop else image.resize(to, how)


def tensor(image: Image.Image) -> Tensor:
    """Grey or RGB -> uint8 (C, H, W)."""
    x = torch.from_numpy(np.array(image))
    return x[None] if x.ndim == 2 else x.permute(2, 0, 1)
