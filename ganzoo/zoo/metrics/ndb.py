"""Number of statistically different bins (NDB, Richardson, Weiss 2018, arXiv:1805.12462)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from msgspec import Meta
from torch import Tensor

from ganzoo.interfaces.scores import Score
from ganzoo.support.errors import Incompatible
from ganzoo.support.seeds import seed_of
from ganzoo.zoo.metrics.base import Evaluation, SampleSet
from ganzoo.zoo.metrics.baselines import undefined, with_baselines
from ganzoo.zoo.metrics.features import BATCH

MAX_FITTED = 20_000
"""Training samples that k-means is fitted to, at most."""


def differing(a: Tensor, b: Tensor, alpha: float) -> Tensor:
    """(K,) bool: where the shares of counts (K,) and (K,) differ, by the two-sided z-test with pooled proportions.

    z = (p_a - p_b) / sqrt(p (1 - p) (1 / N_a + 1 / N_b)), p = (a + b) / (N_a + N_b)
    """
    a, b = a.double(), b.double()
    n_a, n_b = a.sum(), b.sum()
    pooled = (a + b) / (n_a + n_b)
    error = (pooled * (1 - pooled) * (1 / n_a + 1 / n_b)).sqrt()
    z = (a / n_a - b / n_b) / error  # NaN where a bin has nothing at all, or everything: no difference
    different: Tensor = z.abs() > torch.special.ndtri(torch.tensor(1 - alpha / 2, dtype=torch.float64))
    return different


def cluster_centres(x: Tensor, k: int) -> Tensor:
    """(k, D) float64, by k-means of samples (N, D)."""
    from sklearn.cluster import KMeans  # slow to import

    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed_of("bins")))[:MAX_FITTED]
    clusters = KMeans(k, n_init=1, random_state=0).fit(x[order].double().numpy())
    return torch.from_numpy(clusters.cluster_centers_)


def counts(x: Tensor, centres: Tensor) -> Tensor:
    """(K,) how many samples (N, ...) are nearest to each of the centres (K, D)."""
    nearest = [torch.cdist(batch.flatten(1).double(), centres).argmin(1) for batch in torch.split(x, BATCH)]
    return torch.bincount(torch.cat(nearest), minlength=len(centres))


@dataclass
class NDB:
    """The share of bins whose share of samples differs from that of the train split, at a significance level of 5 %.

    Bins are the cells of k-means in the space of pixels, or of samples that are no images, so that no network decides
    what is similar. Real data scores about the level, 0.05: `ndb.floor`. Missing modes leave bins empty. More samples
    reveal smaller differences: compare at equal n.
    """

    k: Annotated[int, Meta(ge=2)] = 100
    """Bins, as in the paper."""
    alpha: Annotated[float, Meta(gt=0, lt=1)] = 0.05
    """Level of the test, as in the paper."""

    better = {"ndb": "lower"}
    scale = {"ndb": "share"}

    def __call__(self, e: Evaluation) -> list[Score]:
        """The protocol names the reference, n, bins and level. Raises `Incompatible` for fewer samples than bins."""
        train, n = e.data.train.x, min(len(e.x), len(e.data.test.x))
        protocol = f"ref={e.reference('train')},n={n},bins={self.k},alpha={self.alpha:g}"
        if len(train) < self.k:
            raise Incompatible(f"ndb: {len(train)} training samples have no {self.k} bins; take fewer, as in ndb:k=10")
        if n < 2:
            return undefined(protocol, "ndb")

        def fit() -> dict[str, Tensor]:
            centres = cluster_centres(train.flatten(1), self.k)
            return {"centres": centres, "counts": counts(train, centres)}

        bins = e.cached_statistics(f"bins {self.k} {e.reference('train')}", None, fit)

        def measure(samples: SampleSet) -> dict[str, float]:
            different = differing(counts(samples.x, bins["centres"]), bins["counts"], self.alpha)
            return {"ndb": different.double().mean().item()}

        return with_baselines(e, n, protocol, measure)
