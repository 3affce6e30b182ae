"""A test split for data that has none."""

from __future__ import annotations

import torch

from ganzoo.interfaces.datasets import Split
from ganzoo.support.seeds import seed_of

ONE_IN = 10
"""One sample in so many is held out, and at least 2."""


def hold_out(samples: Split, name: str) -> tuple[Split, Split]:
    """Train and test split, both in the original order: a draw that depends on `name` and the number of samples."""
    x, y = samples
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed_of(name)))
    n_test = max(2, len(x) // ONE_IN)
    parts = (order[n_test:].sort().values, order[:n_test].sort().values)
    train, test = (Split(x[rows], None if y is None else y[rows]) for rows in parts)
    return train, test
