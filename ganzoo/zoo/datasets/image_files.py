"""Image files: listing them, reading them, and errors that name the first one that cannot be used."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from ganzoo.support.errors import DataError

SUFFIXES = {".avif", ".bmp", ".gif", ".heic", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
READ_ERRORS = (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError)
"""What Pillow raises for files that it cannot read, depending on the format."""
T = TypeVar("T")


def list_images(folder: Path) -> list[Path]:
    """The files below a folder whose suffix is in `SUFFIXES`, sorted; names that start with a dot are skipped."""
    visible = (p for p in folder.rglob("*") if not any(part.startswith(".") for part in p.relative_to(folder).parts))
    return sorted(p for p in visible if p.suffix.lower() in SUFFIXES and p.is_file())


def read_each(files: Iterable[Path], read: Callable[[Path], T]) -> list[T]:
    """`read` of each file. Raises `DataError` where Pillow fails, or where `read` raises `DataError` to refuse one."""
    results, reasons = [], {}
    for file in files:
        try:
            with warnings.catch_warnings(action="ignore"):  # Pillow warns of unusual metadata
                results.append(read(file))
        except DataError as error:
            reasons[file] = str(error)
        except READ_ERRORS as error:
            reasons[file] = f"cannot be read: damaged, or not an image ({error}); repair or remove it"
    refuse_files(reasons)
    return results


def refuse_files(reasons: Mapping[Path, str]) -> None:
    """Raises `DataError` with the reason for the first file and the number of others; does nothing without files."""
    if reasons:
        first, reason = next(iter(reasons.items()))
        others = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
        raise DataError(f"{first}: {reason}{others}")


def resized(image: Image.Image, size: int, crop: bool = True) -> Image.Image:
    """The central square as size x size, or with crop=False the whole image, squeezed."""
    if image.size == (size, size):
        return image
    square, method = (size, size), Image.Resampling.LANCZOS
    return ImageOps.fit(image, square, method) if crop else image.resize(square, method)


def image_tensor(image: Image.Image) -> Tensor:
    """Grey or RGB -> uint8 (C, H, W)."""
    x = torch.from_numpy(np.array(image))
    return x[None] if x.ndim == 2 else x.permute(2, 0, 1)


def size_text(size: tuple[int, int]) -> str:
    """(width, height) as "16 x 24"."""
    return f"{size[0]} x {size[1]}"
