"""Scores samples against a data set, wherever they come from."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ganzoo.data import DataError, Dataset
from ganzoo.metrics.base import Evaluation, Metric


def evaluate(data: Dataset, samples: Tensor, metrics: Iterable[Metric]) -> dict[str, float | None]:
    """All metrics of `samples`, (N, *data.shape) in the data's units; a value that is not finite is None.

    Keys carry their protocol: "fid[digits-judge-v1@1a2b3c4d,ref=digits/train:1297,n=500]". What does not depend on the
    samples (moments of the train split, floors) is computed once for a data set object. Raises `Incompatible` when a
    metric does not apply to the data.
    """
    evaluation = Evaluation(data, samples.cpu())
    values = {key: value for metric in metrics for key, value in metric(evaluation).items()}
    return {key: value if value is not None and math.isfinite(value) else None for key, value in values.items()}


def read_samples(path: Path, data: Dataset) -> Tensor:
    """The first array of an .npz file, as samples of `data`.

    Images are uint8 (N, H, W) or (N, H, W, C), returned as (N, C, H, W); points are floats (N, 2), returned as float32.
    Raises `DataError` for anything else.
    """
    array = _first_array(path)
    try:
        samples = _points(array) if data.kind == "points" else _images(array)
    except ValueError as error:
        raise DataError(f"{path}: {error}") from None
    if samples.shape[1:] != data.shape:
        raise DataError(f"{path}: samples have the shape {_text(samples.shape[1:])}, but the data {_text(data.shape)}")
    if len(samples) < 2:
        raise DataError(f"{path}: {len(samples)} sample(s); at least 2 are needed, and {data.n_eval} are usual")
    return samples


def _first_array(path: Path) -> np.ndarray:
    if not path.is_file():
        raise DataError(f"{path}: no such file; write one with np.savez(path, samples)")
    if not zipfile.is_zipfile(path):
        raise DataError(f"{path}: not an .npz file, or a damaged one; write it with np.savez(path, samples)")
    try:
        with np.load(path, allow_pickle=False) as file:
            array = np.asarray(file[file.files[0]]) if file.files else None
    except Exception as error:  # damage shows as anything: zlib.error, BadZipFile, MemoryError, NotImplementedError ...
        why = str(error) or type(error).__name__
        raise DataError(
            f"{path}: the first array cannot be read ({why}); write numbers, no objects, with np.savez(path, samples)"
        ) from None
    if array is None:
        raise DataError(f"{path}: holds no array; write one with np.savez(path, samples)")
    return array


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
    if not (finite := np.isfinite(array).all(1)).all():
        raise ValueError(f"{(~finite).sum()} of {len(array)} points are not finite, the first in row {finite.argmin()}")
    return torch.from_numpy(array.astype(np.float32))


def _text(shape: Iterable[int]) -> str:
    return "(" + ", ".join(map(str, shape)) + ")"
