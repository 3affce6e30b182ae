"""What nearest neighbours tell: how much of the generated is like real data, and how much of the real is generated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from ganzoo.interfaces.bounds import Count
from ganzoo.zoo.metrics.base import Evaluation
from ganzoo.zoo.metrics.baselines import Values, beside, equal, unknown
from ganzoo.zoo.metrics.sample_set import Measured
from ganzoo.zoo.metrics.features import BATCH

ROWS = 1_024
"""Of a matrix of distances that are held at once."""
SLACK = 1e-7
"""Of a radius and of the features: a copy of the k-th neighbour lies in the ball, whatever is rounded."""


def nearest(x: Tensor, among: Tensor, k: int = 1) -> Tensor:
    """(N, k) float64: distances of features (N, F) to the k nearest of `among` (M, F), in rising order."""
    from sklearn.neighbors import NearestNeighbors  # slow to import

    search = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(among.numpy())
    found = [search.kneighbors(part.numpy())[0] for part in torch.split(x, BATCH)]
    return torch.from_numpy(np.concatenate(found)).double()


def radii(x: Tensor, k: int) -> Tensor:
    """(N,) float64: the distance of each of (N, F) to its k-th nearest among the others, 0 < k < N."""
    return nearest(x, x, k + 1)[:, k]


def prdc(real: Tensor, fake: Tensor, k: int) -> dict[str, float]:
    """Precision, recall, density and coverage of features (M, F) and (N, F), as `PRDC` describes them."""
    slack = SLACK * max(real.norm(dim=1).max().item(), fake.norm(dim=1).max().item())
    real_radii, fake_radii = (radii(x, k) * (1 + SLACK) + slack for x in (real, fake))
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
    """Shares of samples within reach of others, B(x) being the ball around x up to its k-th nearest neighbour.

    precision: generated samples that lie in any B(real); recall: real ones in any B(generated) (Kynkaanniemi et al.
    2019, arXiv:1904.06991). density: in how many B(real) a generated sample lies, divided by k, on average; coverage:
    B(real) with a generated sample inside (Naeem et al. 2020, arXiv:2002.09797), which one outlier does not spoil. As
    many real samples are taken from the train split as there are generated. For samples of the real distribution
    density is 1 and coverage 1 - 2^-k, 0.969 at k = 5; precision and recall depend on the data: read them beside their
    floor, what held-out data scores.
    """

    extractor: str = "judge"
    """What compares."""
    k: Count = 5
    """Which neighbour's distance is a ball's radius."""

    better: ClassVar[Mapping[str, str]] = dict.fromkeys(("precision", "recall", "density", "coverage"), "higher")

    def __call__(self, e: Evaluation) -> Values:
        """Keys name the extractor, the split compared with, n of each, and k."""
        n, ex = equal(e), e.extractor(self.extractor)
        protocol = f"{ex.key},ref={e.reference('train')},n={n},k={self.k}"
        if n <= self.k:
            return unknown(protocol, *self.better)
        real = e.reals(n).seen(ex, e.watch)

        def measure(m: Measured) -> dict[str, float]:
            return prdc(real, m.seen(ex, e.watch), self.k)

        return beside(e, n, protocol, measure)
