"""The scale of a metric: which way is better, whether differences are ratios, and the bounds of its values."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ganzoo.interfaces.scores import ScaleName

Better = Literal["lower", "higher"]
ROUNDING = 1e-9
"""Relative difference below which two numbers are equal: sums of the same values differ in their last digits."""
UNRECORDED: dict[str, ScaleName] = {
    **dict.fromkeys(("kid", "fid.inf", "memorization", "memorization.gap", "augmentation"), "plain"),
    **dict.fromkeys(("ndb", "ms-ssim", "hq@3sigma", "hq@95", "precision", "recall", "coverage", "cas"), "share"),
    **dict.fromkeys(("modes@1", "modes@5", "modes@1.hq", "modes@5.hq", "density", "is", "vendi"), "amount"),
}
"""Scales of built-in metrics, for records that were written before records had them."""


@dataclass(frozen=True)
class Scale:
    """How the values of a metric are compared."""

    better: Better
    name: ScaleName

    @classmethod
    def of(cls, metric: str, better: Better, recorded: str = "", values: Iterable[float] = ()) -> Scale:
        """The scale that records state, else the usual one.

        Logarithms need positive values: if one of `values` is not, the scale is that of amounts, or plain.
        """
        scale = cls(better, recorded or UNRECORDED.get(metric) or ("log" if better == "lower" else "plain"))  # type: ignore[arg-type]
        return scale.fitting(values)

    def fitting(self, values: Iterable[float]) -> Scale:
        """This scale, or one without logarithms if a value is zero or negative."""
        lowest = min(values, default=1.0)
        return replace(self, name="plain" if lowest < 0 else "amount") if self.log and lowest <= 0 else self

    @property
    def log(self) -> bool:
        """Whether differences are ratios, and means geometric."""
        return self.name == "log"

    @property
    def worst(self) -> float:
        """What a run without a value counts as."""
        return math.inf if self.better == "lower" else -math.inf

    def to_loss(self, x: float) -> float:
        """The number that is tested: x or its logarithm, with the sign that makes lower better."""
        value = math.log(x) if self.log else x
        return value if self.better == "lower" else -value

    def from_loss(self, loss: float) -> float:
        """The inverse of `to_loss`, within the bounds of the metric."""
        value = loss if self.better == "lower" else -loss
        if self.log:
            return math.exp(min(value, 700.0))
        low, high = {"share": (0.0, 1.0), "amount": (0.0, math.inf)}.get(self.name, (-math.inf, math.inf))
        return min(max(value, low), high)

    def resolution(self, losses: Iterable[float]) -> float:
        """The difference of losses up to which they count as equal."""
        finite = [abs(loss) for loss in losses if math.isfinite(loss)]
        return ROUNDING if self.log else ROUNDING * float(np.max(finite, initial=0.0))
