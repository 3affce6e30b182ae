"""The Vendi score: the effective number of different samples (Friedman, Dieng 2023, arXiv:2210.02410)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ganzoo.interfaces.scores import Score
from ganzoo.support.errors import Incompatible
from ganzoo.zoo.metrics.base import Evaluation, SampleSet
from ganzoo.zoo.metrics.baselines import common_n, undefined, with_baselines
from ganzoo.zoo.metrics.features import BATCH


def vendi(features: Tensor) -> float:
    """exp(-sum_i l_i log l_i), l the eigenvalues of K / N, K the cosines between features (N, F): from 1 to N.

    For F < N the F x F matrix is used, which has the same eigenvalues except for zeros.
    """
    n, width = features.shape
    rows = (torch.nn.functional.normalize(batch.double(), dim=1) for batch in torch.split(features, BATCH))
    if width < n:
        gram = sum((row.T @ row for row in rows), torch.zeros(width, width, dtype=torch.float64))
    else:
        whole = torch.cat(list(rows))
        gram = whole @ whole.T
    values = torch.linalg.eigvalsh(gram / n).clamp(min=0)
    return float((-torch.special.xlogy(values, values).sum()).exp())


@dataclass
class Vendi:
    """exp of the entropy of the eigenvalues of K / N, K the similarities of samples, over that of as many real ones.

    1: as diverse as real data; 1 / 10: as if nine of ten samples repeated others. Noise is more diverse than anything.
    The similarity is the cosine between features; `vendi.score` is the score itself.
    """

    extractor: str = "judge"
    """Whose features."""

    better = {"vendi": "higher"}
    scale = {"vendi": "amount"}

    def __call__(self, e: Evaluation) -> list[Score]:
        """The protocol names the extractor, the reference, and n of each. Raises `Incompatible` for points."""
        if e.data.kind == "points":
            raise Incompatible(
                f"vendi compares directions of features; those of {e.data.name} are the points themselves, "
                f"of which at most {e.data.shape[0]} can differ; take prdc or modes"
            )
        n, extractor = common_n(e), e.extractor(self.extractor)
        protocol = f"{extractor.key},ref={e.reference('train')},n={n}"
        if n < 2:
            return undefined(protocol, "vendi", "vendi.score")

        def score(samples: SampleSet) -> float:
            return vendi(samples.features_of(extractor, e.progress))

        real = e.cached(("vendi", protocol), lambda: score(e.training_samples(n)))

        def measure(samples: SampleSet) -> dict[str, float]:
            value = score(samples)
            return {"vendi": value / real, "vendi.score": value}

        return with_baselines(e, n, protocol, measure)
