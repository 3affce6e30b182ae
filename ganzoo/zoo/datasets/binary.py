"""Files of bytes without a head, in archives that are checked by their md5."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganzoo.zoo.datasets.source import damaged

Bytes = np.ndarray[Any, np.dtype[np.uint8]]


def archive(url: str, md5: str) -> Callable[[str], None]:
    """What downloads an archive, checks its md5 and unpacks it into a folder."""

    def fetch(target: str) -> None:
        from torchvision.datasets.utils import download_and_extract_archive  # only here: slow to import

        download_and_extract_archive(url, target, md5=md5)

    return fetch


def records(path: Path, count: int, width: int) -> Bytes:
    """A file of `count` records of `width` bytes -> (count, width), read as it is used. Raises `DataError`."""
    try:
        if (size := path.stat().st_size) != count * width:
            raise damaged(path, f"it has {size:,} bytes, but should have {count:,} x {width:,}")
        return np.memmap(path, np.uint8, "r", shape=(count, width))
    except OSError as error:
        raise damaged(path, str(error)) from None


def checked(path: Path, raw: Bytes, least: int, classes: int) -> Tensor:
    """Bytes that count classes from `least` -> (N,) int64 from `least`. Raises `DataError`."""
    y = torch.from_numpy(raw.astype(np.int64).ravel())
    if y.min() < least or y.max() >= least + classes:
        most = least + classes - 1
        raise damaged(path, f"it has labels from {y.min()} to {y.max()}, but should from {least} to {most}")
    return y
