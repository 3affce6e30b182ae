"""A held-out split for images that come without one."""

from __future__ import annotations

import torch
from torch import Tensor

from ganzoo.support.seeds import seed_of

SHARE = 10
"""One image in so many is held out, and at least 2."""


def hold_out(n: int, name: str) -> tuple[Tensor, Tensor]:
    """Rows to train on and rows held out, each ascending: a draw that n and the name of the data set decide."""
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed_of(name)))
    held = max(2, n // SHARE)
    return order[held:].sort().values, order[:held].sort().values
