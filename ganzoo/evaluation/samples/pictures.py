"""A folder of images that are samples: read as they are, or refused."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ganzoo.interfaces.datasets import Dataset
from ganzoo.support.errors import DataError
from ganzoo.zoo.datasets.pictures import FAULTS, SUFFIXES

MODES = {1: "L", 3: "RGB"}
"""Channels -> Pillow's name of such images."""


def read_folder(path: Path, data: Dataset) -> Tensor:
    """All images below a folder, in the order of their paths: each exactly of the size and the channels of the data.

    Nothing is resized or converted, because that would be scored too. Names that start with a dot, and files whose
    suffix is not that of an image, are passed over. Raises `DataError` that names the first file.
    """
    if data.kind != "image":
        raise DataError(f"{path}: a folder holds images, but {data.name} is {data.kind}; give an .npz file")
    inside = (p for p in path.rglob("*") if not any(part.startswith(".") for part in p.relative_to(path).parts))
    files = sorted(p for p in inside if p.suffix.lower() in SUFFIXES and p.is_file())
    if not files:
        raise DataError(
            f"{path}: no run directory: it has no recipe.json; and no folder of images, which end in "
            f"{', '.join(sorted(SUFFIXES))}"
        )
    faults: dict[Path, str] = {}
    found = [x for file in files if (x := _image(file, data.shape, faults)) is not None]
    if faults:
        first, why = next(iter(faults.items()))
        more = f" (and {len(faults) - 1} more cannot be used)" if len(faults) > 1 else ""
        raise DataError(f"{first}: {why}{more}")
    return torch.stack(found)


def _image(file: Path, shape: tuple[int, ...], faults: dict[Path, str]) -> Tensor | None:
    channels, height, width = shape
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(file) as image:  # of odd metadata
            if (image.mode, image.size) != (MODES.get(channels), (width, height)):
                faults[file] = f"is {image.mode} {_by(image.size)}, but the data is {MODES.get(channels)} " + (
                    f"{_by((width, height))}; convert it, nothing is converted here"
                )
                return None
            x = torch.from_numpy(np.array(image))
    except FAULTS as fault:
        faults[file] = f"cannot be read: damaged, or not an image ({fault}); repair or remove it"
        return None
    return x[None] if channels == 1 else x.permute(2, 0, 1)


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"
