"""A test split for data that has none."""

from __future__ import annotations

import torch
from torch import Tensor

from ganzoo.interfaces.datasets import Split
from ganzoo.support.seeds import seed_of

ONE_IN = 10
"""One sample in so many is held out, and at least 2."""


def hold_out(samples: Split, name: str) -> tuple[Split, Split]:
    """Train and test split, both in the original order: a draw that depends on `name` and the number of samples.

    The last sample of a class is never held out: another one is. Raises `ValueError` where none is left to hold out.
    """
    x, y = samples.x, samples.y
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed_of(name)))
    free, n_test = order if y is None else order[_spared(y[order])], max(2, len(x) // ONE_IN)
    if len(free) < n_test:
        raise ValueError(
            f"{n_test} of {len(x)} images are held out, but only {len(free)} can be, since each class needs one to "
            "train on; give more images of a class, or leave the labels out"
        )
    held_out = torch.zeros(len(x), dtype=torch.bool)
    held_out[free[:n_test]] = True
    return samples.rows(~held_out), samples.rows(held_out)


def _spared(y: Tensor) -> Tensor:
    """(N,) bool: all but the last sample of each class."""
    by_class = y.argsort(stable=True)
    last = torch.cat([y[by_class].diff() != 0, torch.ones(1, dtype=torch.bool)])
    spared = torch.ones(len(y), dtype=torch.bool)
    spared[by_class[last]] = False
    return spared
