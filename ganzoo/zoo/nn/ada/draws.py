"""Numbers that are drawn for each sample of a batch."""

from __future__ import annotations

import torch
from torch import Tensor


def sometimes(p: Tensor, values: Tensor) -> Tensor:
    """`values` (N, ...), where each sample keeps its own with probability p, and has 0 otherwise."""
    chosen = torch.rand(len(values), device=values.device, dtype=p.dtype) < p
    return values * chosen.reshape(-1, *(1 for _ in values.shape[1:]))


def normal(x: Tensor, *shape: int) -> Tensor:
    """(N, *shape) from N(0, 1), for a batch x of N."""
    return torch.randn(len(x), *shape, device=x.device, dtype=x.dtype)


def uniform(x: Tensor, *shape: int) -> Tensor:
    """(N, *shape) from [-1, 1), for a batch x of N."""
    return 2 * torch.rand(len(x), *shape, device=x.device, dtype=x.dtype) - 1


def integers(x: Tensor, low: int, high: int) -> Tensor:
    """(N,) whole numbers from low to high - 1, for a batch x of N."""
    return torch.randint(low, high, (len(x),), device=x.device)
