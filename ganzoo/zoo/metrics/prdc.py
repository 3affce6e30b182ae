"""Precision, recall, density and coverage, by the distances between nearest neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ganzoo.interfaces.bounds import Count
from ganzoo.interfaces.scores import Score
from ganzoo.zoo.metrics.base import Evaluation, SampleSet
from ganzoo.zoo.metrics.baselines import common_n, undefined, with_baselines
from ganzoo.zoo.metrics.features import BATCH

ROWS = 1_024
"""Rows of a matrix of distances that are held at once."""
SLACK = 1e-7
"""Of a ball's radius, and of its centre's norm: a copy of the k-th neighbour lies in the ball in spite of rounding."""


def nearest_distance(x: Tensor, reference: Tensor, k: int = 1) -> Tensor:
    """(N, k) float64: distances of features (N, F) to the k nearest of the reference (M, F), in rising order."""
    from sklearn.neighbors import NearestNeighbors  # slow to import

    search = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(reference.numpy())
    distances = [search.kneighbors(batch.numpy())[0] for batch in torch.split(x, BATCH)]
    return torch.from_numpy(np.concatenate(distances)).double()


def radii(x: Tensor, k: int) -> Tensor:
    """(N,) float64: the distance of each of (N, F) to its k-th nearest among the others, 0 < k < N."""
    return nearest_distance(x, x, k + 1)[:, k]


def prdc(real: Tensor, fake: Tensor, k: int) -> dict[str, float]:
    """Precision, recall, density and coverage of features (M, F) and (N, F), as `PRDC` describes them."""
    real_radii, fake_radii = (radii(x, k) * (1 + SLACK) + SLACK * x.double().norm(dim=1) for x in (real, fake))
    inside = torch.zeros(len(real), dtype=torch.long)
    precise, recalled = 0, torch.zeros(len(real), dtype=torch.bool)
    for block, radius in zip(torch.split(fake, ROWS), torch.split(fake_radii, ROWS), strict=True):
        distance = torch.cdist(block.double(), real.double())
        close = distance <= real_radii
        precise += int(close.any(1).sum())
        inside += close.sum(0)
        recalled |= (distance <= radius[:, None]).any(0)
    return {
        "precision": precise / len(fake),
        "recall": recalled.double().mean().item(),
        "density": inside.sum().item() / (k * len(fake)),
        "coverage": (inside > 0).double().mean().item(),
    }


@dataclass
class PRDC:
    """Shares of samples that lie in balls around others; B(x) is the ball around x up to its k-th nearest neighbour.

    precision: generated samples that lie in any B(real); recall: real ones in any B(generated) (Kynkaanniemi et al.
    2019, arXiv:1904.06991). density: in how many B(real) a generated sample lies, divided by k, on average; coverage:
    B(real) with a generated sample inside (Naeem et al. 2020, arXiv:2002.09797), which is robust to outliers. The
    reference is as many samples of the train split as there are generated ones. For samples of the real distribution
    density is 1 and coverage 1 - 2^-k, 0.969 at k = 5; precision and recall depend on the data: compare them with their
    floor, what held-out data scores.
    """

    extractor: str = "judge"
    """Whose features."""
    k: Count = 5
    """The distance to the k-th neighbour is a ball's radius."""

    better = dict.fromkeys(("precision", "recall", "density", "coverage"), "higher")
    scale = {"precision": "share", "recall": "share", "density": "amount", "coverage": "share"}

    def __call__(self, e: Evaluation) -> list[Score]:
        """The protocol names the extractor, the reference, n of each, and k."""
        n, extractor = common_n(e), e.extractor(self.extractor)
        protocol = f"{extractor.key},ref={e.reference('train')},n={n},k={self.k}"
        if n <= self.k:
            return undefined(protocol, *self.better)
        real = e.training_samples(n).features_of(extractor, e.progress)

        def measure(samples: SampleSet) -> dict[str, float]:
            return prdc(real, samples.features_of(extractor, e.progress), self.k)

        return with_baselines(e, n, protocol, measure)
