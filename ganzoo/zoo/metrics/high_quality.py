"""Which samples are as good as real ones, each for itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from ganzoo.support.errors import Incompatible
from ganzoo.zoo.metrics.base import Evaluation
from ganzoo.zoo.metrics.baselines import MOST, Values, beside
from ganzoo.zoo.metrics.modes import found, protocol
from ganzoo.zoo.metrics.sample_set import Measured
from ganzoo.zoo.metrics.prdc import nearest

TAIL = 0.025
"""Share of held-out data that each of the two bounds leaves out."""


def near(m: Measured) -> dict[str, float]:
    """hq@3sigma, as `HighQuality` describes it."""
    return {"hq@3sigma": (m.modes >= 0).double().mean().item()}


@dataclass
class HighQuality:
    """Points: `hq@3sigma`, the share within 3 sigma of a centre (VEEGAN, Srivastava et al. 2017, arXiv:1705.07761).

    True samples score 0.9889: more means that modes are contracted. Images with a judge: `hq@95`, the share of samples
    that the judge is as sure of as of held-out data, and whose features lie as near to a training sample's: each bound
    leaves out 2.5 % of held-out data, which so score 0.95 or a little more. `modes@1.hq` and `modes@5.hq` count the
    modes of these samples alone. Features of at most 10,000 training samples are compared with.
    """

    better: ClassVar[Mapping[str, str]] = dict.fromkeys(("hq@3sigma", "hq@95", "modes@1.hq", "modes@5.hq"), "higher")

    def __call__(self, e: Evaluation) -> Values:
        """Raises `Incompatible` for images without a judge."""
        if e.data.kind == "points":
            return beside(e, len(e.x), protocol(e, len(e.x)), near, ("floor", "memoriser"))
        if not (hasattr(e.data.extractor, "decide") and e.data.n_modes):
            raise Incompatible(
                f"hq: sigma is known for points only, and {e.data.name} is {e.data.kind} without a judge of its modes; "
                "take hq out of its metrics"
            )
        n, text = len(e.x), f"{e.judge}ref={e.reference('train')},n={len(e.x)}"
        kept = e.once("hq bounds", lambda: _bounds(e))

        def measure(m: Measured) -> dict[str, float]:
            sure, distance = _seen(e, m)
            good = (sure >= kept[0]) & (distance <= kept[1])
            counted = found(m.modes.where(good, -1), m.data.n_modes)
            return {"hq@95": good.double().mean().item(), **{f"{name}.hq": value for name, value in counted.items()}}

        return beside(e, n, text, measure)


def _bounds(e: Evaluation) -> tuple[float, float]:
    """The least confidence, and the longest distance."""
    sure, distance = _seen(e, e.real(min(len(e.data.test.x), MOST)))
    return sure.quantile(TAIL).item(), distance.quantile(1 - TAIL).item()


def _seen(e: Evaluation, m: Measured) -> tuple[Tensor, Tensor]:
    """(N,) how sure the judge is, of the channel that it is least sure of; (N,) distance to real features."""
    real = e.reals(min(len(e.data.train.x), MOST)).features
    logits: Tensor = e.data.extractor.decide(m.features)  # type: ignore[attr-defined]
    sure = logits.reshape(len(m.x), -1, logits.shape[-1]).softmax(-1).amax(-1).amin(1)
    return sure.double(), nearest(m.features, real)[:, 0]
