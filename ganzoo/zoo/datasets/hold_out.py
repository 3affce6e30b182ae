"""A test split for data that has none."""

from __future__ import annotations

import torch

from ganzoo.interfaces.datasets import Split
from ganzoo.support.seeds import seed_of

ONE_IN = 10
"""One sample in so many is held out, and at least 2."""


def hold_out(samples: Split, name: str) -> tuple[Split, Split]:
    """Train and test split, both in the original order: a draw that depends on `name` and the number of samples."""
    n = len(samples.x)
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed_of(name)))
    n_test = max(2, n // ONE_IN)
    train, test = (
        Split(*(None if part is None else part[rows.sort().values] for part in samples))
        for rows in (order[n_test:], order[:n_test])
    )
    return train, test
