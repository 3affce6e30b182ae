"""Samples that any tool made: an .npz file, or a folder of images. Refused wherever a number would be wrong."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from ganzoo.evaluation.samples.npz import read_npz
from ganzoo.evaluation.samples.pictures import read_folder
from ganzoo.interfaces.datasets import Dataset
from ganzoo.support.errors import DataError


class Samples(NamedTuple):
    """In the units of the data: x (N, *shape), and the classes that they were asked to be of, if these are known."""

    x: Tensor
    y: Tensor | None = None


def read(path: Path, data: Dataset) -> Samples:
    """The samples in an .npz file, or in a folder of images. Raises `DataError` that names what does not fit."""
    x, y = (read_folder(path, data), None) if path.is_dir() else read_npz(path, data)
    if len(x) < 2:
        raise DataError(f"{path}: {len(x)} sample(s); at least 2 are needed, and {data.n_eval} are usual")
    if x.dtype == torch.uint8 and x.max() == 1:
        raise DataError(f"{path}: levels are only 0 and 1; images have levels 0 to 255, so multiply them by 255")
    return Samples(x, y)
