"""Images in an .npz file, and the arrays of any .npz file of samples."""

from __future__ import annotations

import os
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganzoo.interfaces.datasets import Split
from ganzoo.support.errors import DataError, GanzooWarning
from ganzoo.support.files import expanded
from ganzoo.support.messages import listed
from ganzoo.zoo.datasets.hold_out import hold_out
from ganzoo.zoo.datasets.images import Images
from ganzoo.zoo.datasets.levels import check_levels

LABELS = ("y", "labels")
"""Names of an array of labels; if a file has both, the first is used."""
Array = np.ndarray[Any, Any]


@dataclass(eq=False)
class NPZ(Images):
    """Images as np.savez writes them, uint8 (N, H, W) or (N, H, W, C); a fixed draw of one in ten is held out.

    At least 2 images are held out. An array named y or labels, (N,) integers, holds the labels: 0 to K - 1, each of
    which occurs. No class is held out as a whole. Warns of arrays that are not used. Points are refused, since their
    modes, by which they are scored, would be unknown.
    """

    path: Path
    """The file."""
    array: str | None = None
    """The name of the array of images; by default the first array that does not hold labels."""

    name = "npz"

    @cached_property
    def labels(self) -> int:  # type: ignore[override]
        """The number of classes: the largest label plus 1; 0 without labels."""
        labels = [split.y for split in (self.train, self.test) if split.y is not None]
        return int(torch.cat(labels).max()) + 1 if labels else 0

    def load(self) -> tuple[Split, Split]:
        """Nine in ten of the images, and the others."""
        path = expanded(self.path)
        try:
            images, y = read_arrays(path, self.array)
            x = check_levels(path, _check_images(image_batch(images)))
            return hold_out(Split(x, None if y is None else _check_classes(label_batch(y, len(x)))), self.name)
        except ValueError as error:
            raise DataError(f"{path}: {error}") from None


def _check_images(x: Tensor) -> Tensor:
    n, channels, height, width = x.shape
    if height != width or height < 8 or not channels:
        raise ValueError(
            f"images are {width} x {height} with {channels} channel(s), but must be square and at least 8 x 8, as "
            "(N, H, W, C)"
        )
    if n < 4:
        raise ValueError(f"{n} image(s), but at least 4 are needed")
    return x


def _check_classes(y: Tensor) -> Tensor:
    """Labels as they are. Raises `ValueError` unless they are 0 to K - 1: networks have a class for each number."""
    if (k := len(np.unique(y.numpy()))) != y.max() + 1 or y.min() < 0:
        raise ValueError(
            f"the labels are {k} different numbers from {y.min()} to {y.max()}, but should be 0 to {k - 1}; "
            "np.unique(labels, return_inverse=True)[1] numbers them so"
        )
    return y


def label_batch(y: Array, n: int) -> Tensor:
    """The labels of n samples as int64. Raises `ValueError` for anything but an integer for each sample."""
    if y.dtype.kind not in "iu" or y.shape != (n,):
        raise ValueError(
            f"the labels are {y.dtype} {shape_text(y.shape)}, but should be integers ({n}), one for each sample"
        )
    return torch.from_numpy(y.astype(np.int64))


def read_arrays(path: Path, name: str | None = None, silent: Sequence[str] = ()) -> tuple[Array, Array | None]:
    """The samples and the labels in an .npz file: the array `name`, or else the first that is not named in `LABELS`.

    Labels are None if no other array is named in `LABELS`. Warns of arrays that are not read, unless one is
    named, or they are `silent`.
    Raises `DataError` for what cannot be read.
    """
    _check_file(path)
    with _any_error_refused(path, "the list of arrays"):
        file = np.load(path, allow_pickle=False)
    with file:
        if not (names := list(file.files)):
            raise DataError(f"{path}: holds no array; write one with np.savez(path, samples)")
        if name and name not in names:
            raise DataError(f"{path}: has no array {name!r}; it has {', '.join(names)}")
        samples = name or min(names, key=LABELS.__contains__)
        labels = [label for label in LABELS if label in names and label != samples]
        read, arrays = [samples, *labels[:1]], []
        if name is None and (left := [f"'{other}'" for other in names if other not in (*read, *silent)]):
            warnings.warn(f"{path}: {samples!r} is read, and not {listed(left)}", GanzooWarning, stacklevel=2)
        for chosen in read:
            with _any_error_refused(path, f"the array {chosen!r}"):
                arrays.append(np.asarray(file[chosen]))
    return arrays[0], arrays[1] if labels else None


def read_array(path: Path, name: str) -> Array | None:
    """The array of that name in an .npz file, None where it has none. Raises `DataError` for what cannot be read."""
    _check_file(path)
    with _any_error_refused(path, f"the array {name!r}"), np.load(path, allow_pickle=False) as file:
        return np.asarray(file[name]) if name in file.files else None


def _check_file(path: Path) -> None:
    write_one = "write one with np.savez(path, samples)"
    if not os.path.isfile(path):
        what = "a folder" if os.path.isdir(path) else "no ordinary file" if os.path.exists(path) else "no such file"
        raise DataError(f"{path}: {what}; {write_one}")
    try:
        with open(path, "rb") as file:
            whole = zipfile.is_zipfile(file)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); make it readable") from None
    if not whole:
        raise DataError(f"{path}: not an .npz file, or a damaged one; {write_one}")


@contextmanager
def _any_error_refused(path: Path, what: str) -> Iterator[None]:
    """A damaged file raises anything: zlib.error, BadZipFile, MemoryError, NotImplementedError ..."""
    try:
        yield
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise DataError(
            f"{path}: {what} cannot be read ({reason}); write numbers, no objects, with np.savez(path, samples)"
        ) from None


def image_batch(array: Array) -> Tensor:
    """uint8 (N, H, W) or (N, H, W, C) -> (N, C, H, W). Raises `ValueError` for anything else."""
    if array.dtype != np.uint8 or array.ndim not in (3, 4):
        raise ValueError(
            f"the array is {array.dtype} {shape_text(array.shape)}, but images are uint8 (N, H, W) or (N, H, W, C), "
            "with levels 0 to 255"
        )
    x = torch.from_numpy(array)
    return (x[..., None] if x.ndim == 3 else x).permute(0, 3, 1, 2).contiguous()


def shape_text(shape: Iterable[int]) -> str:
    """A shape as "(N, H, W)"."""
    return "(" + ", ".join(map(str, shape)) + ")"
