"""Images in an .npz file."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganzoo.interfaces.datasets import Split
from ganzoo.support.errors import DataError
from ganzoo.zoo.datasets.base import Images
from ganzoo.zoo.datasets.heldout import hold_out

LABELS = "y"
"""The name of the array of labels."""
Array = np.ndarray[Any, Any]


@dataclass(eq=False)
class NPZ(Images):
    """uint8 (N, H, W) or (N, H, W, C), as np.savez writes them; one in ten (at least 2) is held out, by a fixed draw.

    An array named y, (N,) integers from 0, holds their labels. Never points: those have no modes to score them by.
    """

    path: Path
    """The file."""
    array: str | None = None
    """The name of the array of images; without it, the first that is not y."""

    name = "npz"

    @cached_property
    def labels(self) -> int:  # type: ignore[override]
        """Classes: one more than the largest label; 0 without labels."""
        return 0 if (y := self._all.y) is None else int(y.max()) + 1

    def load(self) -> tuple[Split, Split]:
        """Nine in ten, and the others."""
        x, y = self._all
        train, test = (Split(x[rows], None if y is None else y[rows]) for rows in hold_out(len(x), self.name))
        return train, test

    @cached_property
    def _all(self) -> Split:
        path = Path(self.path).expanduser()
        try:
            array, *y = read_arrays(path, self._choose)
            x = _square(images(array))
            return Split(x, _labels(y[0], len(x)) if y else None)
        except ValueError as error:
            raise DataError(f"{path}: {error}") from None

    def _choose(self, names: list[str]) -> list[str]:
        if self.array and self.array not in names:
            raise ValueError(f"it has no array {self.array!r}; it has {', '.join(names)}")
        others = [name for name in names if name != LABELS]
        chosen = [self.array] if self.array else others[:1]
        return [*chosen, LABELS] if chosen and LABELS in names else chosen


def _square(x: Tensor) -> Tensor:
    n, _, height, width = x.shape
    if height != width or height < 8:
        raise ValueError(f"images are {width} x {height}, but must be square and at least 8 x 8, as (N, H, W, C)")
    if n < 4:
        raise ValueError(f"{n} image(s), but at least 4 are needed")
    return x


def _labels(y: Array, n: int) -> Tensor:
    if y.dtype.kind not in "iu" or y.shape != (n,):
        raise ValueError(f"{LABELS} is {y.dtype} {text(y.shape)}, but labels of {n} images are integers ({n})")
    if y.min() < 0 or y.max() >= n:
        raise ValueError(f"{LABELS} goes from {y.min()} to {y.max()}, but labels count classes from 0")
    return torch.from_numpy(y.astype(np.int64))


def read_arrays(path: Path, choose: Callable[[list[str]], list[str]]) -> list[Array]:
    """The arrays of an .npz file that `choose` picks by their names, at least one.

    Raises `DataError` for what cannot be read; what `choose` raises is passed on.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file; write one with np.savez(path, samples)")
    if not zipfile.is_zipfile(path):
        raise DataError(f"{path}: not an .npz file, or a damaged one; write it with np.savez(path, samples)")
    with _damage(path, "the list of arrays"):
        file = np.load(path, allow_pickle=False)
    with file:
        if not (chosen := choose(list(file.files))):
            raise DataError(f"{path}: holds no array; write one with np.savez(path, samples)")
        arrays = []
        for name in chosen:
            with _damage(path, "the first array" if name == file.files[0] else f"the array {name!r}"):
                arrays.append(np.asarray(file[name]))
        return arrays


@contextmanager
def _damage(path: Path, what: str) -> Iterator[None]:
    """Damage shows as anything: zlib.error, BadZipFile, MemoryError, NotImplementedError ..."""
    try:
        yield
    except Exception as error:
        why = str(error) or type(error).__name__
        raise DataError(
            f"{path}: {what} cannot be read ({why}); write numbers, no objects, with np.savez(path, samples)"
        ) from None


def images(array: Array) -> Tensor:
    """uint8 (N, H, W) or (N, H, W, C) -> (N, C, H, W). Raises `ValueError` for anything else."""
    if array.dtype != np.uint8 or array.ndim not in (3, 4):
        raise ValueError(
            f"the array is {array.dtype} {text(array.shape)}, but images are uint8 (N, H, W) or (N, H, W, C), "
            "with levels 0 to 255"
        )
    x = torch.from_numpy(array)
    return (x[..., None] if x.ndim == 3 else x).permute(0, 3, 1, 2).contiguous()


def text(shape: Iterable[int]) -> str:
    """A shape, as people write it."""
    return "(" + ", ".join(map(str, shape)) + ")"
