"""Samples from any tool: an .npz file, a folder of images, or a file that the data set itself reads.

What would give a wrong score is refused.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ganzoo.evaluation.given import as_given
from ganzoo.evaluation.own_type import check_finite, like_samples
from ganzoo.interfaces.datasets import Dataset, Split
from ganzoo.support.errors import DataError
from ganzoo.support.messages import listed
from ganzoo.zoo.datasets.image_files import (
    image_tensor,
    list_images,
    open_image,
    read_each,
    read_headers,
    refuse_files,
    size_text,
    upright,
)
from ganzoo.zoo.datasets.levels import check_levels
from ganzoo.zoo.datasets.npz import Array, image_batch, label_batch, read_array, read_arrays, shape_text

MODES = {1: "L", 3: "RGB"}
"""Channels -> Pillow's mode."""


def load_samples(path: Path, data: Dataset) -> Split:
    """The samples in a file or a folder of images, in the data's units; y holds the labels they were drawn for.

    A file is .npz, or of a form that the data set reads. Raises `DataError` that says what does not fit the data.
    """
    own = path.suffix.lower() in data.suffixes
    samples = _read_folder(path, data) if path.is_dir() else _read_own(path, data) if own else _read_npz(path, data)
    if len(samples.x) < 2:
        raise DataError(f"{path}: {len(samples.x)} sample(s); at least 2 are needed, and {data.n_eval} are usual")
    if data.kind == "image":
        check_levels(path, samples.x)
    return samples


def _read_folder(path: Path, data: Dataset) -> Split:
    """All images below a folder. None is resized or converted, because this would change the score."""
    if data.kind != "image":
        raise DataError(f"{path}: a folder can hold images, but {data.name} is {data.kind}; give an .npz file")
    if not (files := list_images(path)):
        raise DataError(
            f"{path}: no run directory: it has no recipe.json; and no folder of images: it has no file such as .png, "
            ".jpg or .webp"
        )
    channels, height, width = data.shape
    if channels not in MODES:
        raise DataError(f"{path}: {data.name} has {channels} channels, and image files 1 or 3; give an .npz file")
    expected = MODES[channels], (width, height)
    headers = read_headers(files)
    shapes = {file: (header.mode, header.size) for file, header in headers.items()}
    advice = "convert it yourself, since a conversion changes the score"
    should = f"but the data is {expected[0]} {size_text(expected[1])}; {advice}"
    refuse_files({f: f"is {mode} {size_text(s)}, {should}" for f, (mode, s) in shapes.items() if (mode, s) != expected})
    refuse_files({file: f"is transparent; {advice}" for file, header in headers.items() if header.transparent})
    return Split(torch.stack(read_each(files, _pixels)))


def _pixels(file: Path) -> Tensor:
    with open_image(file) as image:
        return image_tensor(upright(image))


def _read_own(path: Path, data: Dataset) -> Split:
    """A file that the data set reads, of the type and the shape of its samples."""
    if not path.is_file():
        raise DataError(f"{path}: {'no ordinary file' if path.exists() else 'no such file'}")
    try:
        x = data.read(path)
    except DataError:
        raise
    except Exception as error:  # what a damaged file raises is not known here
        reason = str(error) or type(error).__name__
        raise DataError(f"{path}: cannot be read as samples of {data.name} ({reason})") from None
    like = data.train.x
    if not isinstance(x, Tensor) or x.dim() != like.dim():
        what = f"{x.dim()} dimensions" if isinstance(x, Tensor) else f"a {type(x).__name__}"
        raise DataError(f"{path}: {data.name} reads it as {what}, and not as a tensor of {like.dim()}; mend its read")
    if x.dtype != like.dtype or x.shape[1:] != like.shape[1:]:
        read, own = (f"{str(a.dtype).removeprefix('torch.')} {shape_text(a.shape[1:])}" for a in (x, like))
        raise DataError(f"{path}: each sample is {read}, but those of {data.name} are {own}")
    try:
        return Split(check_finite(x))
    except ValueError as error:
        raise DataError(f"{path}: {error}") from None


def _read_npz(path: Path, data: Dataset) -> Split:
    suffix = path.suffix.lower()
    if suffix not in ("", ".npz") and path.is_file() and not zipfile.is_zipfile(path):
        forms = listed([".npz", *data.suffixes])
        raise DataError(
            f"{path}: not an .npz file, or a damaged one; samples of {data.name} are read from {forms}, by the suffix"
        )
    array, labels = read_arrays(path, silent=("given",) if data.source else ())
    try:
        x = _FORMS[data.kind](array) if data.kind in _FORMS else like_samples(array, data)
        if data.kind in _FORMS and x.shape[1:] != data.shape:
            raise ValueError(f"samples have the shape {shape_text(x.shape[1:])}, but the data {shape_text(data.shape)}")
        y = None if labels is None or not data.labels else _classes(labels, len(x), data.labels)
        return Split(x, y, _read_given(path, data, len(x)))
    except ValueError as error:
        raise DataError(f"{path}: {error}") from None


def _read_given(path: Path, data: Dataset, n: int) -> Tensor | None:
    """What the samples were made of, where the file has it."""
    if data.test.given is None or (array := read_array(path, "given")) is None:
        return None
    given = as_given(array, data.test.given)
    if len(given) != n:
        raise ValueError(f"it has {n} samples, but {len(given)} rows of what is given; each sample has one")
    return given


def _classes(y: Array, n: int, classes: int) -> Tensor:
    """(N,) int64. A class may be missing: samples need not cover all."""
    labels = label_batch(y, n)
    if n and not 0 <= labels.min() <= labels.max() < classes:
        raise ValueError(
            f"the labels are from {labels.min()} to {labels.max()}, but the data's from 0 to {classes - 1}"
        )
    return labels


def _points(array: Array) -> Tensor:
    """Floats (N, 2) -> float32."""
    if array.dtype.kind != "f" or array.ndim != 2:
        raise ValueError(f"the array is {array.dtype} {shape_text(array.shape)}, but points are floats (N, 2)")
    with np.errstate(over="ignore"):
        points = array.astype(np.float32)
    if not (finite := np.isfinite(points).all(1)).all():
        raise ValueError(f"{(~finite).sum()} of {len(array)} points are not finite, the first in row {finite.argmin()}")
    return torch.from_numpy(points)


_FORMS = {"points": _points, "image": image_batch}
"""How arrays hold samples of these kinds; any other array has the shape of its data."""
