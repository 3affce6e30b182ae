"""Number of statistically different bins (NDB, Richardson, Weiss 2018, arXiv:1805.12462)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from msgspec import Meta
from torch import Tensor

from ganzoo.support.errors import Incompatible
from ganzoo.support.seeds import seed_of
from ganzoo.zoo.metrics.base import Evaluation
from ganzoo.zoo.metrics.baselines import Values, beside, unknown
from ganzoo.zoo.metrics.sample_set import Measured
from ganzoo.zoo.metrics.features import BATCH

FITTED = 20_000
"""Training samples that bins are found among."""


def differing(a: Tensor, b: Tensor, alpha: float) -> Tensor:
    """(K,) bool: where counts (K,) and (K,) have other shares, by the two-sided z-test with pooled proportions.

    z = (p_a - p_b) / sqrt(p (1 - p) (1 / N_a + 1 / N_b)), p = (a + b) / (N_a + N_b)
    """
    a, b = a.double(), b.double()
    n_a, n_b = a.sum(), b.sum()
    pooled = (a + b) / (n_a + n_b)
    error = (pooled * (1 - pooled) * (1 / n_a + 1 / n_b)).sqrt()
    z = (a / n_a - b / n_b) / error  # NaN where a bin has nothing at all, or everything: no difference
    different: Tensor = z.abs() > torch.special.ndtri(torch.tensor(1 - alpha / 2, dtype=torch.float64))
    return different


def bins(x: Tensor, k: int) -> Tensor:
    """(k, D) float64: the centres that k-means finds among samples (N, D)."""
    from sklearn.cluster import KMeans  # slow to import

    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed_of("bins")))[:FITTED]
    found = KMeans(k, n_init=1, random_state=0).fit(x[order].double().numpy())
    return torch.from_numpy(found.cluster_centers_)


def counts(x: Tensor, centres: Tensor) -> Tensor:
    """(K,) how many of (N, ...) are nearest to each centre."""
    parts = [torch.cdist(part.flatten(1).double(), centres).argmin(1) for part in torch.split(x, BATCH)]
    return torch.bincount(torch.cat(parts), minlength=len(centres))


@dataclass
class NDB:
    """The share of bins whose share of samples differs from that of the train split, at a level of 5 %.

    Bins are the cells of k-means in the space of pixels, or of points, where no network decides what is alike. Real
    data scores the level, about 0.05: `ndb.floor`; missing modes leave bins empty. More samples see smaller
    differences: compare at equal n.
    """

    k: Annotated[int, Meta(ge=2)] = 100
    """Bins, as in the paper."""
    alpha: Annotated[float, Meta(gt=0, lt=1)] = 0.05
    """Level of the test, as in the paper."""

    better: ClassVar[Mapping[str, str]] = {"ndb": "lower"}

    def __call__(self, e: Evaluation) -> Values:
        """Keys name the split compared with, n, bins and level. Raises `Incompatible` for fewer samples than bins."""
        train, n = e.data.train.x, min(len(e.x), len(e.data.test.x))
        protocol = f"ref={e.reference('train')},n={n},bins={self.k},alpha={self.alpha:g}"
        if len(train) < self.k:
            raise Incompatible(f"ndb: {len(train)} training samples have no {self.k} bins; take fewer, as in ndb:k=10")
        if n < 2:
            return unknown(protocol, "ndb")

        def fit() -> dict[str, Tensor]:
            centres = bins(train.flatten(1), self.k)
            return {"centres": centres, "counts": counts(train, centres)}

        kept = e.known(f"bins {self.k} {e.reference('train')}", PIXELS, fit)

        def measure(m: Measured) -> dict[str, float]:
            different = differing(counts(m.x, kept["centres"]), kept["counts"], self.alpha)
            return {"ndb": different.double().mean().item()}

        return beside(e, n, protocol, measure)


class _Pixels:
    """What k-means sees: the numbers of a sample."""

    key = "pixels"

    def __call__(self, x: Tensor) -> Tensor:
        return x.flatten(1)


PIXELS = _Pixels()
