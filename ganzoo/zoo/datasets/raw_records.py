"""Headerless binary files of fixed-size records, in archives that are checked by their md5."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganzoo.zoo.datasets.data_files import damaged

Bytes = np.ndarray[Any, np.dtype[np.uint8]]


def fetch_archive(url: str, md5: str, folder: str) -> None:
    """Downloads an archive, checks its md5 and unpacks it into a folder."""
    from torchvision.datasets.utils import download_and_extract_archive  # slow to import

    download_and_extract_archive(url, folder, md5=md5)


def map_records(path: Path, count: int, width: int) -> Bytes:
    """A file of `count` records of `width` bytes -> (count, width), memory-mapped. Raises `DataError`."""
    try:
        if (size := path.stat().st_size) != count * width:
            raise damaged(path, f"it has {size:,} bytes, but should have {count:,} x {width:,}")
        return np.memmap(path, np.uint8, "r", shape=(count, width))
    except OSError as error:
        raise damaged(path, str(error)) from None


def check_labels(path: Path, labels: Bytes, first: int, classes: int) -> Tensor:
    """Labels as (N,) int64. Raises `DataError` unless they are from `first` to `first + classes - 1`."""
    y = torch.from_numpy(labels.astype(np.int64).ravel())
    if y.min() < first or y.max() >= first + classes:
        raise damaged(
            path, f"it has labels from {y.min()} to {y.max()}, but they should be from {first} to {first + classes - 1}"
        )
    return y
