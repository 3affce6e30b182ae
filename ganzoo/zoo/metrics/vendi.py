"""The Vendi score: the number of samples that differ, in effect (Friedman, Dieng 2023, arXiv:2210.02410)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ganzoo.zoo.metrics.base import Evaluation
from ganzoo.zoo.metrics.baselines import Values, beside, equal, unknown
from ganzoo.zoo.metrics.sample_set import Measured
from ganzoo.zoo.metrics.features import BATCH


def vendi(features: Tensor) -> float:
    """exp(-sum_i l_i log l_i), l the eigenvalues of K / N, K the cosines between features (N, F): from 1 to N.

    Where F < N they are taken of the F x F matrix, which has the same ones but for zeros.
    """
    n, width = features.shape
    rows = (torch.nn.functional.normalize(part.double(), dim=1) for part in torch.split(features, BATCH))
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

    better: ClassVar[Mapping[str, str]] = {"vendi": "higher"}

    def __call__(self, e: Evaluation) -> Values:
        """Keys name the extractor, the split compared with, and n of each."""
        n, ex = equal(e), e.extractor(self.extractor)
        protocol = f"{ex.key},ref={e.reference('train')},n={n}"
        if n < 2:
            return unknown(protocol, "vendi", "vendi.score")
        real = e.once(("vendi", protocol), lambda: vendi(e.reals(n).seen(ex, e.watch)))

        def measure(m: Measured) -> dict[str, float]:
            score = vendi(m.seen(ex, e.watch))
            return {"vendi": score / real, "vendi.score": score}

        return beside(e, n, protocol, measure)
