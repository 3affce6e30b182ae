"""Which samples, each for itself, are as good as real ones."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ganzoo.interfaces.scores import Score
from ganzoo.support.errors import Incompatible
from ganzoo.zoo.metrics.base import Evaluation, SampleSet
from ganzoo.zoo.metrics.baselines import MAX_SAMPLES, with_baselines
from ganzoo.zoo.metrics.modes import covered, mode_protocol
from ganzoo.zoo.metrics.prdc import nearest_distance

TAIL = 0.025
"""Share of held-out data that each of the two bounds leaves out."""


def near_centres(samples: SampleSet) -> dict[str, float]:
    """hq@3sigma, as `HighQuality` describes it."""
    return {"hq@3sigma": (samples.modes >= 0).double().mean().item()}


@dataclass
class HighQuality:
    """Points: `hq@3sigma`, the share within 3 sigma of a centre (VEEGAN, Srivastava et al. 2017, arXiv:1705.07761).

    True samples score 0.9889; more means that modes are contracted. Images with a judge: `hq@95`, the share of samples
    that the judge is as confident of as of held-out data, and whose features are as near to a training sample's: each
    bound leaves out 2.5 % of held-out data, which therefore scores 0.95 or a little more. `modes@1.hq` and `modes@5.hq`
    count the modes of these samples alone. Features of at most 10,000 training samples are the reference.
    """

    better = dict.fromkeys(("hq@3sigma", "hq@95", "modes@1.hq", "modes@5.hq"), "higher")
    scale = {"hq@3sigma": "share", "hq@95": "share", "modes@1.hq": "amount", "modes@5.hq": "amount"}

    def __call__(self, e: Evaluation) -> list[Score]:
        """Raises `Incompatible` for what is neither points with known modes nor images with a judge."""
        n = len(e.x)
        if e.data.kind == "points" and e.data.n_modes:
            return with_baselines(e, n, mode_protocol(e, n), near_centres, ("floor", "memoriser"))
        if not (hasattr(e.data.extractor, "decide") and e.data.n_modes):
            raise Incompatible(
                f"hq: sigma is known for modes of points only, and {e.data.name} is {e.data.kind} without a judge of "
                "its modes; take hq out of its metrics"
            )
        least_confidence, longest_distance = e.cached("hq bounds", lambda: _bounds(e))

        def measure(samples: SampleSet) -> dict[str, float]:
            confidence, distance = _confidence_and_distance(e, samples)
            good = (confidence >= least_confidence) & (distance <= longest_distance)
            modes = covered(samples.modes.where(good, -1), samples.data.n_modes)
            return {"hq@95": good.double().mean().item(), **{f"{name}.hq": count for name, count in modes.items()}}

        return with_baselines(e, n, f"{e.judge_prefix}ref={e.reference('train')},n={n}", measure)


def _bounds(e: Evaluation) -> tuple[float, float]:
    """The least confidence, and the longest distance."""
    confidence, distance = _confidence_and_distance(e, e.held_out(min(len(e.data.test.x), MAX_SAMPLES)))
    return confidence.quantile(TAIL).item(), distance.quantile(1 - TAIL).item()


def _confidence_and_distance(e: Evaluation, samples: SampleSet) -> tuple[Tensor, Tensor]:
    """(N,) the judge's confidence, in the channel where it is least; (N,) the distance to real features."""
    real = e.training_samples(min(len(e.data.train.x), MAX_SAMPLES)).features
    logits: Tensor = e.data.extractor.decide(samples.features)  # type: ignore[attr-defined]
    confidence = logits.reshape(len(samples.x), -1, logits.shape[-1]).softmax(-1).amax(-1).amin(1)
    return confidence.double(), nearest_distance(samples.features, real)[:, 0]
