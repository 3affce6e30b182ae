"""An .npz file of samples."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ganzoo.interfaces.datasets import Dataset
from ganzoo.support.errors import DataError

LABELS = ("y", "labels")
"""What an array of classes may be called."""


def read_npz(path: Path, data: Dataset) -> tuple[Tensor, Tensor | None]:
    """The first array of an .npz file, as samples of `data`, and their classes, if another is called y or labels.

    Images are uint8 (N, H, W) or (N, H, W, C), returned as (N, C, H, W); points are floats (N, 2), returned as float32.
    Raises `DataError` for anything else.
    """
    array, y = _arrays(path)
    try:
        x = _points(array) if data.kind == "points" else _images(array)
        if x.shape[1:] != data.shape:
            raise ValueError(f"samples have the shape {_text(x.shape[1:])}, but the data {_text(data.shape)}")
        return x, None if y is None or not data.labels else _classes(y, len(x), data.labels)
    except ValueError as error:
        raise DataError(f"{path}: {error}") from None


def _arrays(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """The first, and the labels."""
    if not path.is_file():
        raise DataError(f"{path}: no such file; write one with np.savez(path, samples)")
    if not zipfile.is_zipfile(path):
        raise DataError(f"{path}: not an .npz file, or a damaged one; write it with np.savez(path, samples)")
    try:
        with np.load(path, allow_pickle=False) as file:
            first, *others = sorted(file.files, key=LABELS.__contains__) or [""]  # np.savez writes named arrays first
            labels = [name for name in others if name in LABELS][:1]
            arrays = [np.asarray(file[name]) for name in [first, *labels] if name]
    except Exception as error:  # damage shows as anything: zlib.error, BadZipFile, MemoryError, NotImplementedError ...
        why = str(error) or type(error).__name__
        raise DataError(
            f"{path}: the first array cannot be read ({why}); write numbers, no objects, with np.savez(path, samples)"
        ) from None
    if not arrays:
        raise DataError(f"{path}: holds no array; write one with np.savez(path, samples)")
    return arrays[0], arrays[1] if labels else None


def _classes(y: np.ndarray, n: int, classes: int) -> Tensor | None:
    """None for what holds no whole numbers."""
    if y.dtype.kind not in "iu":
        return None
    if y.shape != (n,) or y.min() < 0 or y.max() >= classes:
        raise ValueError(
            f"the labels have the shape {_text(y.shape)} and values up to {y.max()}, but there are {n} samples and "
            f"{classes} classes, counted from 0"
        )
    return torch.from_numpy(y.astype(np.int64))


def _images(array: np.ndarray) -> Tensor:
    if array.dtype != np.uint8 or array.ndim not in (3, 4):
        raise ValueError(
            f"the first array is {array.dtype} {_text(array.shape)}, but images are uint8 (N, H, W) or (N, H, W, C), "
            "with levels 0 to 255"
        )
    x = torch.from_numpy(array)
    return (x[..., None] if x.ndim == 3 else x).permute(0, 3, 1, 2).contiguous()


def _points(array: np.ndarray) -> Tensor:
    if array.dtype.kind != "f" or array.ndim != 2:
        raise ValueError(f"the first array is {array.dtype} {_text(array.shape)}, but points are floats (N, 2)")
    with np.errstate(over="ignore"):
        points = array.astype(np.float32)
    if not (finite := np.isfinite(points).all(1)).all():
        raise ValueError(f"{(~finite).sum()} of {len(array)} points are not finite, the first in row {finite.argmin()}")
    return torch.from_numpy(points)


def _text(shape: Iterable[int]) -> str:
    return "(" + ", ".join(map(str, shape)) + ")"
