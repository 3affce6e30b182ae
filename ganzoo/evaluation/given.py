"""What a generator is given, from files; and the answers of the data to what it was given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ganzoo.interfaces.datasets import Dataset
from ganzoo.support.errors import DataError, Incompatible
from ganzoo.zoo.datasets.image_files import (
    converted,
    image_tensor,
    list_images,
    open_image,
    read_each,
    refuse_files,
    size_text,
    upright,
)
from ganzoo.zoo.datasets.npz import Array, read_array, read_arrays, shape_text

MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
"""Channels of what is given -> Pillow's mode; a second or fourth one is transparency."""


def given_files(path: Path) -> list[Path]:
    """The image files in a folder, or the file itself. Raises `DataError` for a folder without any."""
    if not path.is_dir():
        return [path]
    if files := list_images(path):
        return files
    raise DataError(f"{path}: has no file such as .png, .jpg or .webp; give images, or an .npz file")


def load_given(path: Path, data: Dataset) -> Tensor:
    """What is in an .npz file, an image file or a folder of images of one size, in the data's units, (N, ...).

    Of an .npz file it is the array `given`, which `ganzoo sample --out` writes beside samples, or else the first.
    Images are converted to as many channels as the data gives, and may have any size. Raises `Incompatible` where the
    data gives nothing, and `DataError` that says what does not fit.
    """
    if (like := data.test.given) is None:
        raise Incompatible(f"{path}: {data.name} gives a generator nothing, so that nothing can be given to it")
    if path.suffix.lower() == ".npz":
        try:
            array = read_array(path, "given")
            return as_given(read_arrays(path)[0] if array is None else array, like)
        except ValueError as error:
            raise DataError(f"{path}: {error}") from None
    if not _holds_images(like):
        raise DataError(f"{path}: {data.name} gives no images; write it as .npz, with np.savez(path, given)")
    files = given_files(path)
    images = read_each(files, lambda file: _read_image(file, MODES[like.shape[1]]))
    sizes = {file: (image.shape[2], image.shape[1]) for file, image in zip(files, images, strict=True)}
    first, expected = files[0], sizes[files[0]]
    advice = f"but {first} {size_text(expected)}; give them one by one, or a folder as --out"
    refuse_files({file: f"is {size_text(size)}, {advice}" for file, size in sizes.items() if size != expected})
    return torch.stack(images)


def _holds_images(given: Tensor) -> bool:
    return given.dtype == torch.uint8 and given.dim() == 4 and given.shape[1] in MODES


def _read_image(file: Path, mode: str) -> Tensor:
    with open_image(file) as image:
        return image_tensor(converted(upright(image), mode))


def as_given(array: Array, like: Tensor) -> Tensor:
    """An array (N, ...), images with their channels last, as what the data gives. Raises `ValueError`."""
    images = _holds_images(like)
    x = torch.from_numpy(np.ascontiguousarray(np.moveaxis(array, -1, 1) if images and array.ndim == 4 else array))
    if images and x.dim() == 3:
        x = x[:, None]
    fits = x.dtype == like.dtype and x.dim() == like.dim() and x.shape[1] == like.shape[1]
    if not fits or (not images and x.shape != (len(x), *like.shape[1:])):
        expected = f"{str(like.dtype).removeprefix('torch.')} (N, {', '.join(map(str, like.shape[1:]))})"
        last = ", with channels last" if images else ""
        raise ValueError(f"the array is {array.dtype} {shape_text(array.shape)}, but what is given is {expected}{last}")
    return x


def answers(data: Dataset, given: Tensor) -> Tensor | None:
    """The held-out samples that belong to what was given, (N, ...); None where one of them is not held out."""
    test = data.test
    if test.given is None or not test.paired or test.given.shape[1:] != given.shape[1:]:
        return None
    rows = {content: row for row, content in enumerate(_contents(test.given))}
    found = [rows.get(content, -1) for content in _contents(given)]
    return None if min(found, default=0) < 0 else test.x[found]


def _contents(given: Tensor) -> Iterator[bytes]:
    return (row.tobytes() for row in given.contiguous().numpy())
