"""Image files: listing them, reading them, and errors that name the first one that cannot be used."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from ganzoo.support.errors import DataError, GanzooWarning
from ganzoo.support.files import files_below
from ganzoo.zoo.datasets.bit_depth import is_deep

SUFFIXES = {
    *(".png", ".apng", ".webp", ".gif", ".qoi"),
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".jxl"),
    *(".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx"),
    *(".avif", ".avifs", ".heic", ".heif", ".hif"),
    *(".tif", ".tiff", ".exr", ".sgi", ".ras"),
    *(".bmp", ".dib", ".ico", ".pcx", ".tga"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".pfm"),
}
"""How the names of images end, also of those that Pillow cannot read everywhere."""
ORIENTATION = 0x0112
"""The EXIF tag that says how a camera was held."""
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""Orientation -> what makes an image upright."""
T = TypeVar("T")


class Header(NamedTuple):
    """What an image is, before its pixels are used."""

    mode: str
    """Pillow's."""
    size: tuple[int, int]
    """(width, height), upright."""
    transparent: bool
    several: bool
    """Whether it has more than one page or frame."""


def list_images(folder: Path) -> list[Path]:
    """The files below a folder whose names end in `SUFFIXES`, sorted; names that start with a dot are skipped.

    Links are followed. Warns of other files. Raises `DataError` for what cannot be followed.
    """
    unread = dict[Path, str]()

    def refuse(error: OSError) -> None:
        unread[Path(error.filename)] = f"cannot be read ({error.strerror}); make it readable, or remove it"

    found = files_below(folder, refuse)
    gone = [path for path in found if os.path.islink(path) and not os.path.exists(path)]
    unread = dict.fromkeys(gone, "is a link to nothing; repair or remove it") | unread
    visible = {path for path in [*found, *unread] if not _hidden(path, folder)}
    refuse_files({path: reason for path, reason in unread.items() if path in visible})
    images = [path for path in found if path in visible and path.suffix.lower() in SUFFIXES]
    _warn_of(sorted(visible.difference(images)), "is not used: its name does not end as that of an image")
    return images


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _warn_of(files: Sequence[Path], what: str) -> None:
    if files:
        warnings.warn(_first(dict.fromkeys(files, what)), GanzooWarning, stacklevel=3)


def read_headers(files: Iterable[Path]) -> dict[Path, Header]:
    """The header of each file. Warns of those with several pages or frames. Raises `DataError`, as `read_each` does."""
    files = list(files)
    headers = dict(zip(files, read_each(files, _header), strict=True))
    several = [file for file, header in headers.items() if header.several]
    _warn_of(several, "has more than one page or frame, of which only the first is used")
    return headers


def _header(file: Path) -> Header:
    with open_image(file) as image:
        mode, transparent, turned = image.mode, image.has_transparency_data, image.getexif().get(ORIENTATION) in TURNS
        size = upright(image).size if turned else image.size
        return Header(mode, size, transparent, getattr(image, "is_animated", False))


@contextmanager
def open_image(file: Path) -> Iterator[Image.Image]:
    """An image whose pixels are not read yet. Raises `DataError` for more than 8 bits a channel."""
    with Image.open(file) as image:
        if is_deep(image, file):
            raise DataError("has more than 8 bits per channel; convert it to 8-bit grey or colour, for example to PNG")
        yield image


def upright(image: Image.Image) -> Image.Image:
    """The image as its EXIF orientation says; an orientation that does not exist says nothing."""
    image.load()
    turn = TURNS.get(image.getexif().get(ORIENTATION, 1))  # not exif_transpose: it fails at other tags that are odd
    return image if turn is None else image.transpose(turn)


def read_each(files: Iterable[Path], read: Callable[[Path], T]) -> list[T]:
    """`read` of each file. Raises `DataError` where Pillow fails, or where `read` raises `DataError` to refuse one."""
    results, reasons = [], {}
    for file in files:
        try:
            if file.exists() and not file.is_file():
                raise DataError("is a pipe or a device, and no file; remove it")
            with warnings.catch_warnings(action="ignore"):  # Pillow warns of unusual metadata
                results.append(read(file))
        except DataError as error:
            reasons[file] = str(error)
        except Exception as error:  # a damaged file raises anything
            reasons[file] = _why_unread(file, error)
    refuse_files(reasons)
    return results


def _why_unread(file: Path, error: Exception) -> str:
    if isinstance(error, Image.DecompressionBombError):
        return f"is too large: Pillow reads at most {2 * (Image.MAX_IMAGE_PIXELS or 0):,} pixels; make it smaller"
    if isinstance(error, UnidentifiedImageError) and file.suffix.lower() not in Image.registered_extensions():
        return f"Pillow cannot read {file.suffix} files here; convert it, for example to PNG"
    if isinstance(error, OSError) and error.errno:
        return f"cannot be read ({error.strerror}); make it readable, or remove it"
    what = str(error).removesuffix(f" {str(file)!r}") or type(error).__name__
    return f"cannot be read: damaged, or not an image ({what}); repair or remove it"


def refuse_files(reasons: Mapping[Path, str]) -> None:
    """Raises `DataError` with the reason for the first file and the number of others; does nothing without files."""
    if reasons:
        raise DataError(_first(reasons))


def _first(reasons: Mapping[Path, str]) -> str:
    file, reason = next(iter(reasons.items()))
    return f"{file}: {reason}" + (f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else "")


def converted(image: Image.Image, mode: str) -> Image.Image:
    """The image in `mode`; on white where it is transparent, unless the mode has transparency."""
    if image.has_transparency_data and mode not in ("LA", "RGBA"):
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert(mode)


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


def write_image(samples: Tensor, path: Path) -> None:
    """One image, uint8 (1, C, H, W), of 1 or 3 channels. Raises `DataError` for more images or other channels."""
    if len(samples) != 1:
        raise DataError(f"{path}: {len(samples)} samples, but a file holds one image; take one (-n 1), or write .npz")
    if (channels := samples.shape[1]) not in (1, 3):
        raise DataError(f"{path}: images of {channels} channels, but files of images have 1 or 3; write .npz")
    if channels == 1 and path.suffix.lower() == ".webp":  # it would be read as RGB, and so not fit the data
        raise DataError(f"{path}: the image is grey, and .webp has only colours; write .png")
    image = samples[0].permute(1, 2, 0).numpy()
    Image.fromarray(image if channels == 3 else image[..., 0]).save(path, lossless=True, quality=95)


def read_image(path: Path) -> Tensor:
    """One image, grey or RGB, as uint8 (1, C, H, W). Raises `DataError` for any other file."""
    return torch.stack(read_each([path], _plain_pixels))


def _plain_pixels(file: Path) -> Tensor:
    with open_image(file) as image:
        if image.mode not in ("L", "RGB") or image.has_transparency_data:
            what = "transparent" if image.has_transparency_data else image.mode
            raise DataError(f"is {what}; convert it to grey or RGB yourself, since a conversion changes the score")
        return image_tensor(upright(image))


def size_text(size: tuple[int, int]) -> str:
    """(width, height) as "16 x 24"."""
    return f"{size[0]} x {size[1]}"
