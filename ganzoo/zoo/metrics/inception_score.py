"""The Inception score (Salimans et al. 2016, arXiv:1606.03498), of any classifier."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ganzoo.interfaces.bounds import Count
from ganzoo.interfaces.datasets import Extractor
from ganzoo.interfaces.scores import Score
from ganzoo.support.errors import Incompatible
from ganzoo.zoo.metrics.base import Evaluation, SampleSet
from ganzoo.zoo.metrics.baselines import common_n, undefined, with_baselines
from ganzoo.zoo.metrics.features import BATCH

MAX_CLASSES = 4_096
"""The most that a score is taken over."""


def inception_score(log_p: Tensor, splits: int) -> tuple[float, float]:
    """exp(E_x KL(p(y|x) || p(y))) of log-probabilities (N, K), p(y) their mean: mean and deviation over `splits`."""
    scores = torch.tensor([_score(part) for part in torch.tensor_split(log_p, splits)], dtype=torch.float64)
    return scores.mean().item(), scores.std(correction=0).item()


def _score(log_p: Tensor) -> float:
    log_p = log_p.double()
    p = log_p.exp()
    marginal = p.mean(0)
    # A class of probability zero in all samples adds nothing, but would be 0 log 0.
    kl = torch.special.xlogy(p, p).sum(1).mean() - torch.special.xlogy(marginal, marginal).sum()
    return float(kl.exp())


def log_probabilities(extractor: Extractor, features: Tensor) -> Tensor:
    """(N, K) float32. Where channels are judged separately, K counts every combination of their classes."""
    batches = torch.split(features, BATCH)
    return torch.cat([_joint(extractor.decide(batch)) for batch in batches])  # type: ignore[attr-defined]


def _joint(logits: Tensor) -> Tensor:
    channels = logits.float().reshape(len(logits), -1, logits.shape[-1]).log_softmax(-1).unbind(1)
    joint = channels[0]
    for channel in channels[1:]:
        joint = (joint[:, :, None] + channel[:, None, :]).flatten(1)
    return joint


@dataclass
class InceptionScore:
    """exp(E_x KL(p(y|x) || p(y))), between 1 and the number of classes: high if p is confident, and of every class.

    p is the judge's, or Inception's with `extractor=inception`. Real data is not part of it: one perfect sample of each
    class scores highest (Barratt, Sharma 2018, arXiv:1801.01973); `is.floor` is what held-out data scores.
    """

    extractor: str = "judge"
    """Whose classes."""
    splits: Count = 10
    """Parts of the samples, whose mean it is."""

    better = {"is": "higher"}
    scale = {"is": "amount"}

    def __call__(self, e: Evaluation) -> list[Score]:
        """The protocol names the classifier, n and the splits. Raises `Incompatible` if the extractor is none."""
        n, extractor = common_n(e), e.extractor(self.extractor)
        if not hasattr(extractor, "decide"):
            other = "is:extractor=inception, or data with a judge" if e.data.kind == "image" else "another metric"
            raise Incompatible(f"is: {extractor.key}, of {e.data.kind}, knows no classes; take {other}")
        logits = extractor.decide(extractor(e.x[:1]))
        if logits.shape[-1] ** logits[0, ..., 0].numel() > MAX_CLASSES:
            raise Incompatible(
                f"is: {extractor.key} has more than {MAX_CLASSES:,} combinations of classes; leave is out"
            )
        protocol = f"{extractor.key},n={n},splits={self.splits}"
        if n < self.splits:
            return undefined(protocol, "is", "is.sd")

        def measure(samples: SampleSet) -> dict[str, float]:
            log_p = log_probabilities(extractor, samples.features_of(extractor, e.progress))
            return dict(zip(("is", "is.sd"), inception_score(log_p, self.splits), strict=True))

        return with_baselines(e, n, protocol, measure)
