"""Which modes of the data samples reach, and in what shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ganzoo.interfaces import Incompatible
from ganzoo.metrics.base import Evaluation, Measured


def kl(modes: Tensor, prior: Tensor) -> float:
    """KL(shares of the modes (N,) || prior) in nats; -1 is left out, and NaN is returned when nothing else is there."""
    counts = torch.bincount(modes[modes >= 0], minlength=len(prior)).double()
    shares = counts / counts.sum()
    return float((torch.special.xlogy(shares, shares) - torch.special.xlogy(shares, prior)).sum())


def coverage(m: Measured) -> dict[str, float]:
    """modes@1, modes@5 and kl, as `Modes` describes them."""
    prior = m.data.prior
    assert prior is not None
    counts = torch.bincount(m.modes[m.modes >= 0], minlength=len(prior))
    nearest = getattr(m.data, "nearest", None)
    return {
        "modes@1": (counts >= 1).sum().item(),
        "modes@5": (counts >= 5).sum().item(),
        "kl": kl(nearest(m.x) if nearest else m.modes, prior),
    }


def quality(m: Measured) -> dict[str, float]:
    """hq@3sigma, as `HighQuality` describes it."""
    return {"hq@3sigma": (m.modes >= 0).double().mean().item()}


def beside(e: Evaluation, measure: Callable[[Measured], dict[str, float]]) -> dict[str, float | None]:
    """`measure` of the samples and, as `name.floor` and `name.memoriser`, of as many held-out and memorised ones."""
    n = len(e.x)
    values = {
        "": measure(e),
        ".floor": e.once((measure, "floor", n), lambda: measure(e.real(n))),
        ".memoriser": e.once((measure, "memoriser", n), lambda: measure(e.memorised(n))),
    }
    reference = f"ref={e.reference('train')}," if e.varies else ""
    protocol = f"[{e.judge}{reference}n={n}]"
    return {f"{name}{of}{protocol}": v for of, scores in values.items() for name, v in scores.items()}


@dataclass
class Modes:
    """How many modes have at least one sample (modes@1) and at least five (modes@5), and `kl`.

    One sample falsely covers a missing mode when the judge errs now and then: modes@5 is the sturdier count. `kl` is
    KL(generated || prior) of the shares of the modes, in nats. For points PacGAN's conventions hold (Lin et al. 2018):
    a mode is found by a sample within 3 sigma of its centre, while `kl` gives every sample to its nearest centre.
    """

    better: ClassVar[Mapping[str, str]] = {"modes@1": "higher", "modes@5": "higher", "kl": "lower"}

    def __call__(self, e: Evaluation) -> dict[str, float | None]:
        """Raises `Incompatible` when the modes of the data are not known."""
        if not e.data.n_modes or e.data.prior is None:
            raise Incompatible(
                f"modes: those of {e.data.name} are not known; give the data set n_modes, prior and modes(), or take "
                "modes out of its metrics"
            )
        return beside(e, coverage)


@dataclass
class HighQuality:
    """The share of points within 3 sigma of a centre (VEEGAN, Srivastava et al. 2017).

    True samples score 0.9889: more means that modes are contracted.
    """

    better: ClassVar[Mapping[str, str]] = {"hq@3sigma": "higher"}

    def __call__(self, e: Evaluation) -> dict[str, float | None]:
        """Raises `Incompatible` for anything but points."""
        if e.data.kind != "points":
            raise Incompatible(
                f"hq: sigma is known for points only, and {e.data.name} is {e.data.kind}; take hq out of its metrics"
            )
        return beside(e, quality)
