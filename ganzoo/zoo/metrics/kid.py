"""Kernel distance between features (KID, Binkowski et al. 2018, arXiv:1801.01401)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ganzoo.interfaces.bounds import Count
from ganzoo.support.seeds import seed_of
from ganzoo.zoo.metrics.base import Evaluation
from ganzoo.zoo.metrics.baselines import MOST, Values, beside, equal, unknown
from ganzoo.zoo.metrics.sample_set import Measured

ROWS = 1_024
"""Of a matrix of kernels that are held at once."""


def total(a: Tensor, b: Tensor) -> Tensor:
    """The sum of k(a_i, b_j) = (a_i . b_j / F + 1)^3 over features (N, F) and (M, F)."""
    parts = ((block @ b.T).div_(a.shape[1]).add_(1) for block in torch.split(a, ROWS))
    return torch.stack([part.square().mul_(part).sum() for part in parts]).sum()


def within(a: Tensor) -> Tensor:
    """The mean of k(a_i, a_j) over i != j."""
    own = (a.square().sum(1) / a.shape[1] + 1) ** 3
    return (total(a, a) - own.sum()) / (len(a) * (len(a) - 1))


def mmd(a: Tensor, b: Tensor, within_b: Tensor | None = None) -> float:
    """The unbiased estimate of the squared maximum mean discrepancy of features (N, F) and (M, F), in float64.

    sum_{i != j} k(a_i, a_j) / N (N - 1) + sum_{i != j} k(b_i, b_j) / M (M - 1) - 2 sum_{ij} k(a_i, b_j) / N M

    The second term may be given where it is known.
    """
    a, b = a.double(), b.double()
    among = within(b) if within_b is None else within_b
    return (within(a) + among - 2 * total(a, b) / (len(a) * len(b))).item()


@dataclass
class KID:
    """The kernel distance to the train split: mean and deviation (`kid.sd`) over random subsets of both.

    It has no bias: real data scores 0 on average, whatever n. `kid.floor` is what held-out data scores. At most 10,000
    samples of the train split are compared with.
    """

    extractor: str = "judge"
    """What compares."""
    subsets: Count = 100
    """How many pairs of subsets; one where a subset is all there is."""
    size: Count = 1_000
    """Samples in a subset, or as many as there are."""

    better: ClassVar[Mapping[str, str]] = {"kid": "lower"}

    def __call__(self, e: Evaluation) -> Values:
        """Keys name the extractor, the split compared with, n, and the subsets."""
        n, ex = equal(e), e.extractor(self.extractor)
        size = min(self.size, n)
        subsets = self.subsets if size < n else 1
        protocol = f"{ex.key},ref={e.reference('train')},n={n},subsets={subsets}x{size}"
        if n < 2:
            return unknown(protocol, "kid")
        real = e.reals(min(len(e.data.train.x), MOST)).seen(ex, e.watch)

        def distances(m: Measured) -> list[float]:
            if subsets > 1:
                return _distances(m.seen(ex, e.watch), real, subsets, size)
            return [mmd(m.seen(ex, e.watch), real, e.once(("kid", ex.key), lambda: within(real.double())))]

        def measure(m: Measured) -> dict[str, float]:
            found = torch.tensor(distances(m), dtype=torch.float64)
            mean = {"kid": found.mean().item()}
            return mean | ({"kid.sd": found.std().item()} if subsets > 1 else {})

        return beside(e, n, protocol, measure)


def _distances(a: Tensor, b: Tensor, subsets: int, size: int) -> list[float]:
    generator = torch.Generator().manual_seed(seed_of("kid"))

    def some(x: Tensor) -> Tensor:
        return x[torch.randperm(len(x), generator=generator)[:size]]

    return [mmd(some(a), some(b)) for _ in range(subsets)]
