"""Which modes of the data samples cover, and in what shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from ganzoo.interfaces.scores import Score
from ganzoo.support.errors import Incompatible
from ganzoo.zoo.metrics.base import Evaluation, SampleSet
from ganzoo.zoo.metrics.baselines import with_baselines
from ganzoo.zoo.metrics.mode_shapes import mode_shapes

POINTS, STACKED, MODES = 2_500, 26_000, 1_000
"""Samples that PacGAN and VEEGAN take of mixtures, and of data with 1,000 modes."""
MAX_COUNTED = 100
"""Modes whose counts are few enough to be read."""


def kl(modes: Tensor, prior: Tensor) -> float:
    """KL(shares of the modes (N,) || prior) in nats. Modes of -1 are left out; NaN if there are no others."""
    counts = torch.bincount(modes[modes >= 0], minlength=len(prior)).double()
    shares = counts / counts.sum()
    return float((torch.special.xlogy(shares, shares) - torch.special.xlogy(shares, prior)).sum())


def covered(modes: Tensor, n_modes: int) -> dict[str, float]:
    """modes@1 and modes@5 of the modes (N,), -1 for none."""
    counts = torch.bincount(modes[modes >= 0], minlength=n_modes)
    return {"modes@1": (counts >= 1).sum().item(), "modes@5": (counts >= 5).sum().item()}


def coverage(samples: SampleSet) -> dict[str, float]:
    """All values that `Modes` describes, except the counts."""
    data, prior = samples.data, samples.data.prior
    assert prior is not None
    nearest, centres = getattr(data, "nearest", None), getattr(data, "centres", None)
    modes = nearest(samples.x) if nearest else samples.modes
    values = covered(samples.modes, len(prior)) | {
        "kl": kl(modes, prior),
        "kl.uniform": kl(modes, torch.full_like(prior, 1 / len(prior))),
    }
    if centres is None:
        return values
    return values | mode_shapes(samples.x, samples.modes, centres, data.sigma)  # type: ignore[attr-defined]


def counts(samples: SampleSet) -> dict[str, float]:
    """How many samples each mode has."""
    by_mode = torch.bincount(samples.modes[samples.modes >= 0], minlength=samples.data.n_modes)
    return {f"count.{mode}": float(count) for mode, count in enumerate(by_mode)}


def mode_protocol(e: Evaluation, n: int) -> str:
    """The judge, the data where its name does not say which, and n."""
    reference = f"ref={e.reference('train')}," if e.has_options else ""
    return f"{e.judge_prefix}{reference}n={n}"


@dataclass
class Modes:
    """How many modes have at least one sample (modes@1) and at least five (modes@5), and `kl`.

    modes@5 is the more robust count: a judge errs now and then, and one such sample covers a missing mode. `kl` is
    KL(generated || prior) of the shares of the modes, in nats, and `kl.uniform` the same to equal shares. For points
    PacGAN's conventions hold (Lin et al. 2018): a mode is covered by a sample within 3 sigma of its centre, while `kl`
    assigns every sample to its nearest centre. Also for points, of those within 3 sigma: `spread`, their deviation in
    units of sigma (0.6: contracted modes), and `w2`, the 2-Wasserstein distance to the true Gaussian in the same units,
    both as means over modes with five samples.

    Blurred samples cover many modes easily: `hq` counts modes among samples of high quality only.
    """

    protocol: Literal["pacgan", "veegan"] | None = None
    """As many samples as these papers take: 2,500 of mixtures, 26,000 of data with 1,000 modes."""
    counts: bool = False
    """Also `count.<mode>`, of data with at most 100 modes."""

    better = {
        "modes@1": "higher",
        "modes@5": "higher",
        "kl": "lower",
        "kl.uniform": "lower",
    }
    scale = {"modes@1": "amount", "modes@5": "amount", "kl": "log", "kl.uniform": "log"}

    def __call__(self, e: Evaluation) -> list[Score]:
        """Raises `Incompatible` when the modes of the data are not known."""
        if not e.data.n_modes or e.data.prior is None:
            raise Incompatible(
                f"modes: those of {e.data.name} are not known; give the data set n_modes, prior and modes(), or take "
                "modes out of its metrics"
            )
        if self.counts and e.data.n_modes > MAX_COUNTED:
            raise Incompatible(f"modes: {e.data.n_modes:,} counts are too many to list; leave counts out")
        n = self._n(e)
        measures: list[Callable[[SampleSet], dict[str, float]]] = [coverage, *([counts] if self.counts else [])]
        baselines, protocol = ("floor", "memoriser"), mode_protocol(e, n)
        return [score for measure in measures for score in with_baselines(e, n, protocol, measure, baselines)]

    def _n(self, e: Evaluation) -> int:
        if self.protocol is None:
            return len(e.x)
        if e.data.kind != "points" and e.data.n_modes != MODES:
            raise Incompatible(
                f"modes: {self.protocol} has mixtures and data with {MODES:,} modes, and {e.data.name} is neither; "
                "leave protocol out"
            )
        return POINTS if e.data.kind == "points" else STACKED
