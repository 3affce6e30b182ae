"""Arrays from anywhere as samples of a data set: of its own type and shape, or refused in a sentence."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ganzoo.interfaces.datasets import Dataset
from ganzoo.zoo.datasets.npz import Array, shape_text


def like_samples(array: Array, data: Dataset) -> Tensor:
    """The array as (N, ...) of the type of the data's samples. Raises `ValueError` where that would lose something."""
    like = data.train.x
    name, shape = str(like.dtype).removeprefix("torch."), tuple(like.shape[1:])
    said = f"the array is {array.dtype} {shape_text(array.shape)}, but samples of {data.name} are {name} "
    said += f"({', '.join(['N', *map(str, shape)])})"
    if array.dtype.kind not in "biuf" or array.shape[1:] != shape or not array.ndim:
        raise ValueError(said)
    wide = torch.from_numpy(array.astype(_WIDE[array.dtype.kind]))
    x = wide.to(like.dtype)
    if wide.is_floating_point() and x.is_floating_point():  # digits that the data has not are no loss
        return check_finite(x)
    if not bool((same := _each(x.to(wide.dtype) == wide)).all()):
        raise ValueError(f"{said}, and row {int(same.byte().argmin())} cannot become {name} without loss")
    return x


_WIDE = {"b": np.bool_, "i": np.int64, "u": np.int64, "f": np.float64}


def check_finite(x: Tensor) -> Tensor:
    """Samples as they are. Raises `ValueError` where some are not finite."""
    if bad := count_not_finite(x):
        first = int(_each(x.isfinite()).byte().argmin())
        raise ValueError(f"{bad} of {len(x)} samples are not finite, the first in row {first}")
    return x


def count_not_finite(x: Tensor) -> int:
    """How many samples (N, ...) have a number that is not finite."""
    return int((~_each(x.isfinite())).sum()) if x.is_floating_point() else 0


def _each(x: Tensor) -> Tensor:
    """Bools (N, ...) -> (N,): whether all of a sample are true."""
    return x.reshape(len(x), -1).all(1) if len(x) else x.new_ones(0)
