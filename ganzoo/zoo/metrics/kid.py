"""Kernel distance between features (KID, Binkowski et al. 2018, arXiv:1801.01401)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ganzoo.interfaces.bounds import Count
from ganzoo.interfaces.scores import Score
from ganzoo.support.seeds import seed_of
from ganzoo.zoo.metrics.base import Evaluation, SampleSet
from ganzoo.zoo.metrics.baselines import MAX_SAMPLES, common_n, undefined, with_baselines

ROWS = 1_024
"""Rows of a matrix of kernels that are held at once."""


def kernel_sum(a: Tensor, b: Tensor) -> Tensor:
    """The sum of k(a_i, b_j) = (a_i . b_j / F + 1)^3 over features (N, F) and (M, F)."""
    parts = ((block @ b.T).div_(a.shape[1]).add_(1) for block in torch.split(a, ROWS))
    return torch.stack([part.square().mul_(part).sum() for part in parts]).sum()


def kernel_mean(a: Tensor) -> Tensor:
    """The mean of k(a_i, a_j) over i != j, of features (N, F)."""
    diagonal = (a.square().sum(1) / a.shape[1] + 1) ** 3
    return (kernel_sum(a, a) - diagonal.sum()) / (len(a) * (len(a) - 1))


def mmd(a: Tensor, b: Tensor, mean_b: Tensor | None = None) -> float:
    """The unbiased estimate of the squared maximum mean discrepancy of features (N, F) and (M, F), in float64.

    sum_{i != j} k(a_i, a_j) / N (N - 1) + sum_{i != j} k(b_i, b_j) / M (M - 1) - 2 sum_{ij} k(a_i, b_j) / N M

    `mean_b` is the second term, where it is known.
    """
    a, b = a.double(), b.double()
    mean_b = kernel_mean(b) if mean_b is None else mean_b
    return (kernel_mean(a) + mean_b - 2 * kernel_sum(a, b) / (len(a) * len(b))).item()


@dataclass
class KID:
    """The kernel distance to the train split: mean and deviation (`kid.sd`) over random subsets of both.

    It has no bias: real data scores 0 on average, whatever n. `kid.floor` is what held-out data scores. The reference
    is at most 10,000 samples of the train split.
    """

    extractor: str = "judge"
    """Whose features."""
    subsets: Count = 100
    """Pairs of subsets; one if a subset holds all samples. One pair has no deviation."""
    size: Count = 1_000
    """Samples in a subset, or as many as there are."""

    better = {"kid": "lower"}
    scale = {"kid": "plain"}

    def __call__(self, e: Evaluation) -> list[Score]:
        """The protocol names the extractor, the reference, n, and the subsets."""
        n, extractor = common_n(e), e.extractor(self.extractor)
        size = min(self.size, n)
        subsets = self.subsets if size < n else 1
        protocol = f"{extractor.key},ref={e.reference('train')},n={n},subsets={subsets}x{size}"
        if n < 2:
            return undefined(protocol, "kid")
        real = e.training_samples(min(len(e.data.train.x), MAX_SAMPLES)).features_of(extractor, e.progress)

        def measure(samples: SampleSet) -> dict[str, float]:
            features = samples.features_of(extractor, e.progress)
            if size == n:
                mean = e.cached(("kid", extractor.key), lambda: kernel_mean(real.double()))
                return {"kid": mmd(features, real, mean)}
            distances = torch.tensor(_subset_distances(features, real, subsets, size), dtype=torch.float64)
            deviation = {"kid.sd": distances.std().item()} if subsets > 1 else {}
            return {"kid": distances.mean().item()} | deviation

        return with_baselines(e, n, protocol, measure)


def _subset_distances(a: Tensor, b: Tensor, subsets: int, size: int) -> list[float]:
    generator = torch.Generator().manual_seed(seed_of("kid"))

    def subset(x: Tensor) -> Tensor:
        return x[torch.randperm(len(x), generator=generator)[:size]]

    return [mmd(subset(a), subset(b)) for _ in range(subsets)]
