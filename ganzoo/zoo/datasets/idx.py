"""The IDX files of MNIST, and of data sets in the same format."""

from __future__ import annotations

import gzip
import zlib
from math import prod
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from ganzoo.interfaces.datasets import Split
from ganzoo.zoo.datasets.data_files import DataFiles, damaged

TRAIN = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
TEST = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def idx_files(title: str, folder: str, torchvision_class: str) -> DataFiles:
    """The four files of a data set, in `folder` or where torchvision puts them."""

    def fetch(target: str) -> Any:
        from torchvision import datasets  # slow to import

        return getattr(datasets, torchvision_class)(target, download=True)

    folders = (folder, f"{torchvision_class}/raw")
    return DataFiles(title=title, names=TRAIN + TEST, folders=folders, suffixes=(".gz", ""), fetch=fetch)


class IDXData:
    """Loads the four `files`: 60,000 and 10,000 grey images of 28x28 in 10 classes."""

    files: ClassVar[DataFiles]

    def load(self) -> tuple[Split, Split]:
        """The official train and test split. Raises `DataError`."""
        paths = self.files.paths()
        train, test = (_read_split(paths[images], paths[labels]) for images, labels in (TRAIN, TEST))
        return train, test


def _read_split(images: Path, labels: Path) -> Split:
    x, y = read_idx(images, 3), read_idx(labels, 1)
    if x.shape[1:] != (28, 28):
        raise damaged(images, f"its images are {x.shape[1]} x {x.shape[2]}, but should be 28 x 28")
    if len(x) != len(y):
        raise damaged(labels, f"it has {len(y)} labels for the {len(x)} images of {images.name}")
    if (largest := int(y.max())) > 9:
        raise damaged(labels, f"it has a label {largest}, but the largest should be 9")
    return Split(x[:, None], y.long())


def read_idx(path: Path, ndim: int) -> Tensor:
    """A file of unsigned bytes in the IDX format, gzipped or not -> uint8 with `ndim` dimensions.

    The format: two zero bytes, 8 for unsigned bytes, the number of dimensions, each size in 4 big-endian bytes, data.
    Raises `DataError` for any other file.
    """
    raw = _read_bytes(path)
    if raw[:4] != bytes([0, 0, 8, ndim]):
        raise damaged(path, f"it starts with {raw[:4].hex(' ') or 'nothing'}, but should start with 00 00 08 0{ndim}")
    start = 4 + 4 * ndim
    shape = [int.from_bytes(raw[i : i + 4], "big") for i in range(4, start, 4)]
    if len(raw) - start != prod(shape) or not prod(shape):
        raise damaged(path, f"its header announces {prod(shape)} bytes, but {max(len(raw) - start, 0)} follow")
    return torch.frombuffer(bytearray(raw[start:]), dtype=torch.uint8).reshape(shape)


def _read_bytes(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
        return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (OSError, EOFError, zlib.error) as error:
        raise damaged(path, str(error)) from None
