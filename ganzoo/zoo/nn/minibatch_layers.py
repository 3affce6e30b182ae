"""Layers with which D compares the samples of a batch."""

from __future__ import annotations

from math import gcd

import torch
from torch import Tensor, nn


class MinibatchStdDev(nn.Module):
    """(N, C, ...) -> (N, C + 1, ...): appends the mean standard deviation of a group's features as a constant map.

    A group is `group` neighbours in the batch, None for the whole batch. Where `group` does not divide the batch, their
    greatest common divisor is used.
    """

    def __init__(self, group: int | None) -> None:
        super().__init__()
        self.group = group

    def forward(self, x: Tensor) -> Tensor:
        """One number per group, the same at all positions."""
        size = gcd(len(x), self.group) if self.group else len(x)
        deviation = x.reshape(-1, size, *x.shape[1:]).var(1, unbiased=False).add(1e-8).sqrt()
        feature = deviation.flatten(1).mean(1).repeat_interleave(size)
        return torch.cat([x, feature.view(-1, *(1 for _ in x.shape[1:])).expand(-1, 1, *x.shape[2:])], 1)


class MinibatchSimilarity(nn.Module):
    """(N, ...) -> (N, F + kernels): appends to the F features of each sample its similarity to the whole batch."""

    def __init__(self, kernels: int, dims: int) -> None:
        super().__init__()
        self.shape = kernels, dims
        self.project: nn.Linear | None = None

    def forward(self, x: Tensor) -> Tensor:
        """The projection T is created at the first batch, when F is known."""
        x = x.flatten(1)
        if self.project is None:
            self.project = nn.Linear(x.shape[1], self.shape[0] * self.shape[1], bias=False)
        m = self.project(x).reshape(-1, *self.shape).permute(2, 1, 0)
        distance = sum(((c[:, :, None] - c[:, None]).abs() for c in m.unbind()), start=m.new_zeros(()))
        return torch.cat([x, torch.exp(-distance).sum(2).T], 1)  # summing (B, N, N) over C avoids one (N, N, B, C)
