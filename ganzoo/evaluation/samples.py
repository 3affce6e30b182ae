"""Samples from any tool: an .npz file, or a folder of images. What would give a wrong score is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ganzoo.interfaces.datasets import Dataset, Split
from ganzoo.support.errors import DataError
from ganzoo.zoo.datasets.image_files import SUFFIXES, image_tensor, list_images, read_each, size_text
from ganzoo.zoo.datasets.npz import Array, image_batch, read_arrays, shape_text

MODES = {1: "L", 3: "RGB"}
"""Channels -> Pillow's mode."""


def load_samples(path: Path, data: Dataset) -> Split:
    """The samples in an .npz file or a folder of images, in the data's units; y holds the labels they were drawn for.

    Raises `DataError` that says what does not fit the data.
    """
    samples = _read_folder(path, data) if path.is_dir() else _read_npz(path, data)
    if len(samples.x) < 2:
        raise DataError(f"{path}: {len(samples.x)} sample(s); at least 2 are needed, and {data.n_eval} are usual")
    if samples.x.dtype == torch.uint8 and samples.x.max() == 1:
        raise DataError(f"{path}: levels are only 0 and 1; images have levels 0 to 255, so multiply them by 255")
    return samples


def _read_folder(path: Path, data: Dataset) -> Split:
    """All images below a folder. None is resized or converted, because this would change the score."""
    if data.kind != "image":
        raise DataError(f"{path}: a folder can hold images, but {data.name} is {data.kind}; give an .npz file")
    if not (files := list_images(path)):
        raise DataError(
            f"{path}: no run directory: it has no recipe.json; and no folder of images: no file in it ends in "
            f"{', '.join(sorted(SUFFIXES))}"
        )
    channels, height, width = data.shape
    expected = MODES.get(channels), (width, height)

    def read(file: Path) -> Tensor:
        with Image.open(file) as image:
            if (image.mode, image.size) != expected:
                raise DataError(
                    f"is {image.mode} {size_text(image.size)}, but the data is {expected[0]} {size_text(expected[1])}; "
                    "convert it yourself, since a conversion changes the score"
                )
            return image_tensor(image)

    return Split(torch.stack(read_each(files, read)))


def _read_npz(path: Path, data: Dataset) -> Split:
    array, labels = read_arrays(path)
    try:
        x = _points(array) if data.kind == "points" else image_batch(array)
        if x.shape[1:] != data.shape:
            raise ValueError(f"samples have the shape {shape_text(x.shape[1:])}, but the data {shape_text(data.shape)}")
        return Split(x, None if labels is None or not data.labels else _classes(labels, len(x), data.labels))
    except ValueError as error:
        raise DataError(f"{path}: {error}") from None


def _classes(y: Array, n: int, classes: int) -> Tensor | None:
    """(N,) int64; None for labels that are not integers."""
    if y.dtype.kind not in "iu":
        return None
    if y.shape != (n,) or y.min() < 0 or y.max() >= classes:
        raise ValueError(
            f"the labels have the shape {shape_text(y.shape)} and values up to {y.max()}, but there are {n} samples "
            f"and {classes} classes, numbered from 0"
        )
    return torch.from_numpy(y.astype(np.int64))


def _points(array: Array) -> Tensor:
    """Floats (N, 2) -> float32."""
    if array.dtype.kind != "f" or array.ndim != 2:
        raise ValueError(f"the array is {array.dtype} {shape_text(array.shape)}, but points are floats (N, 2)")
    with np.errstate(over="ignore"):
        points = array.astype(np.float32)
    if not (finite := np.isfinite(points).all(1)).all():
        raise ValueError(f"{(~finite).sum()} of {len(array)} points are not finite, the first in row {finite.argmin()}")
    return torch.from_numpy(points)
