"""The Inception score (Salimans et al. 2016, arXiv:1606.03498), of any classifier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ganzoo.interfaces.bounds import Count
from ganzoo.interfaces.datasets import Extractor
from ganzoo.support.errors import Incompatible
from ganzoo.zoo.metrics.base import Evaluation
from ganzoo.zoo.metrics.baselines import Values, beside, equal, unknown
from ganzoo.zoo.metrics.sample_set import Measured
from ganzoo.zoo.metrics.features import BATCH

CLASSES = 4_096
"""The most that a score is taken over."""


def inception_score(log_p: Tensor, splits: int) -> tuple[float, float]:
    """exp(E_x KL(p(y|x) || p(y))) of log-probabilities (N, K), p(y) their mean: mean and deviation over `splits`."""
    scores = [_score(part) for part in torch.tensor_split(log_p, splits)]
    found = torch.tensor(scores, dtype=torch.float64)
    return found.mean().item(), found.std(correction=0).item()


def _score(log_p: Tensor) -> float:
    log_p = log_p.double()
    p = log_p.exp()
    marginal = p.mean(0)
    # A class that no sample has any chance of adds nothing, and would be 0 log 0.
    kl = torch.special.xlogy(p, p).sum(1).mean() - torch.special.xlogy(marginal, marginal).sum()
    return float(kl.exp())


def log_probabilities(ex: Extractor, features: Tensor) -> Tensor:
    """(N, K) float32. Where channels are judged alone, K counts every combination of their classes."""
    return torch.cat([_joint(ex.decide(part)) for part in torch.split(features, BATCH)])  # type: ignore[attr-defined]


def _joint(logits: Tensor) -> Tensor:
    channels = logits.float().reshape(len(logits), -1, logits.shape[-1]).log_softmax(-1).unbind(1)
    whole = channels[0]
    for channel in channels[1:]:
        whole = (whole[:, :, None] + channel[:, None, :]).flatten(1)
    return whole


@dataclass
class InceptionScore:
    """exp(E_x KL(p(y|x) || p(y))), between 1 and the number of classes: samples are sure, and of every class.

    p is the judge's, or Inception's with `extractor=inception`. It never looks at real data: one perfect sample of each
    class scores highest (Barratt, Sharma 2018, arXiv:1801.01973); `is.floor` is what held-out data scores.
    """

    extractor: str = "judge"
    """Whose classes."""
    splits: Count = 10
    """Parts of the samples, whose mean it is."""

    better: ClassVar[Mapping[str, str]] = {"is": "higher"}

    def __call__(self, e: Evaluation) -> Values:
        """Keys name the classifier, n and the splits. Raises `Incompatible` where none classifies."""
        n, ex = equal(e), e.extractor(self.extractor)
        if not hasattr(ex, "decide"):
            raise Incompatible(f"is: {ex.key} knows no classes; take is:extractor=inception, or data with a judge")
        if (found := ex.decide(ex(e.x[:1]))).shape[-1] ** (found[0, ..., 0].numel()) > CLASSES:
            raise Incompatible(f"is: {ex.key} tells more than {CLASSES:,} combinations of classes; leave is out")
        protocol = f"{ex.key},n={n},splits={self.splits}"
        if n < self.splits:
            return unknown(protocol, "is", "is.sd")

        def measure(m: Measured) -> dict[str, float]:
            log_p = log_probabilities(ex, m.seen(ex, e.watch))
            return dict(zip(("is", "is.sd"), inception_score(log_p, self.splits), strict=True))

        return beside(e, n, protocol, measure)
