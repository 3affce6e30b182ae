"""Which modes of the data samples reach, and in what shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from ganzoo.support.errors import Incompatible
from ganzoo.zoo.metrics.base import Evaluation
from ganzoo.zoo.metrics.baselines import Values, beside
from ganzoo.zoo.metrics.sample_set import Measured
from ganzoo.zoo.metrics.mode_shapes import shapes

POINTS, STACKED, MODES = 2_500, 26_000, 1_000
"""Samples that PacGAN and VEEGAN take of mixtures, and of data with 1,000 modes."""
COUNTED = 100
"""Modes whose counts are a list that can be read."""


def kl(modes: Tensor, prior: Tensor) -> float:
    """KL(shares of the modes (N,) || prior) in nats; -1 is left out, and NaN is returned when nothing else is there."""
    counts = torch.bincount(modes[modes >= 0], minlength=len(prior)).double()
    shares = counts / counts.sum()
    return float((torch.special.xlogy(shares, shares) - torch.special.xlogy(shares, prior)).sum())


def found(modes: Tensor, n_modes: int) -> dict[str, float]:
    """modes@1 and modes@5 of the modes (N,), -1 for none."""
    counts = torch.bincount(modes[modes >= 0], minlength=n_modes)
    return {"modes@1": (counts >= 1).sum().item(), "modes@5": (counts >= 5).sum().item()}


def coverage(m: Measured) -> dict[str, float]:
    """All numbers that `Modes` describes, but for the counts."""
    prior = m.data.prior
    assert prior is not None
    nearest, centres = getattr(m.data, "nearest", None), getattr(m.data, "centres", None)
    modes = nearest(m.x) if nearest else m.modes
    values = found(m.modes, len(prior)) | {
        "kl": kl(modes, prior),
        "kl.uniform": kl(modes, torch.full_like(prior, 1 / len(prior))),
    }
    return values if centres is None else values | shapes(m.x, m.modes, centres, m.data.sigma)  # type: ignore[attr-defined]


def counts(m: Measured) -> dict[str, float]:
    """How many samples each mode has."""
    found = torch.bincount(m.modes[m.modes >= 0], minlength=m.data.n_modes)
    return {f"count.{mode}": float(count) for mode, count in enumerate(found)}


def protocol(e: Evaluation, n: int) -> str:
    """What stands in the key's brackets: the judge, the data where its name does not say which, and n."""
    reference = f"ref={e.reference('train')}," if e.varies else ""
    return f"{e.judge}{reference}n={n}"


@dataclass
class Modes:
    """How many modes have at least one sample (modes@1) and at least five (modes@5), and `kl`.

    One sample falsely covers a missing mode when the judge errs now and then: modes@5 is the sturdier count. `kl` is
    KL(generated || prior) of the shares of the modes, in nats, and `kl.uniform` the same to equal shares. For points
    PacGAN's conventions hold (Lin et al. 2018): a mode is found by a sample within 3 sigma of its centre, while `kl`
    gives every sample to its nearest centre. Also for points, of those within 3 sigma: `spread`, their deviation in
    units of sigma (0.6: contracted modes), and `w2`, the 2-Wasserstein distance to the true Gaussian in the same units,
    both as means over modes with five samples.

    Blurred samples cover many modes easily: `hq` counts those among samples of high quality only.
    """

    protocol: Literal["pacgan", "veegan"] | None = None
    """As many samples as these papers take: 2,500 of mixtures, 26,000 of data with 1,000 modes."""
    counts: bool = False
    """Also `count.<mode>`, of data with at most 100 modes."""

    better: ClassVar[Mapping[str, str]] = {
        "modes@1": "higher",
        "modes@5": "higher",
        "kl": "lower",
        "kl.uniform": "lower",
    }

    def __call__(self, e: Evaluation) -> Values:
        """Raises `Incompatible` when the modes of the data are not known."""
        if not e.data.n_modes or e.data.prior is None:
            raise Incompatible(
                f"modes: those of {e.data.name} are not known; give the data set n_modes, prior and modes(), or take "
                "modes out of its metrics"
            )
        if self.counts and e.data.n_modes > COUNTED:
            raise Incompatible(f"modes: {e.data.n_modes:,} counts are too many to list; leave counts out")
        n = self._samples(e)
        measures: list[Callable[[Measured], dict[str, float]]] = [coverage, *([counts] if self.counts else [])]
        rivals, text = ("floor", "memoriser"), protocol(e, n)
        return {key: value for measure in measures for key, value in beside(e, n, text, measure, rivals).items()}

    def _samples(self, e: Evaluation) -> int:
        if self.protocol is None:
            return len(e.x)
        if e.data.kind != "points" and e.data.n_modes != MODES:
            raise Incompatible(
                f"modes: {self.protocol} has mixtures and data with {MODES:,} modes, and {e.data.name} is neither; "
                "leave protocol out"
            )
        return POINTS if e.data.kind == "points" else STACKED
