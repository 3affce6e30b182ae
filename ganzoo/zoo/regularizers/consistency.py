"""Consistency of D's score under small changes of a sample, or of z."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from msgspec import Meta
from torch import Tensor

from ganzoo.interfaces.bounds import NonNegative, Positive
from ganzoo.interfaces.terms import Regularizer
from ganzoo.interfaces.turn import Turn
from ganzoo.zoo.nn.augmentations import perturb


@dataclass(kw_only=True)
class SampleConsistency(Regularizer):
    """The transformation T under which a score should not change, shared by `cr` and `bcr`."""

    shift: Annotated[float, Meta(ge=0, le=1)] = 0.125
    """Images: the longest shift, as a share of a side."""
    flip: bool = False
    """Images: mirror half of them too, as the papers do. Digits and letters do not stay what they are."""
    jitter: NonNegative = 0.01
    """Other data: standard deviation of the Gaussian noise that is added."""
    capturable = True

    def change(self, t: Turn, score: Tensor, x: Tensor, y: Tensor | None) -> Tensor:
        """E (D(x) - D(T(x)))²."""
        return (score - t.judge(perturb(x, self.shift, self.flip, self.jitter), y)["score"]).square().mean()


@dataclass(kw_only=True)
class Consistency(SampleConsistency):
    """λ E‖D(x) - D(T(x))‖² at the reals (CR-GAN, Zhang et al. 2020)."""

    weight: NonNegative = 10.0
    """λ."""

    def d(self, t: Turn) -> Tensor:
        """E (D(x) - D(T(x)))²."""
        return self.change(t, t.real_score, t.real, t.y)


@dataclass(kw_only=True)
class BalancedConsistency(SampleConsistency):
    """λ_real E‖D(x) - D(T(x))‖² + λ_fake E‖D(G(z)) - D(T(G(z)))‖² (bCR, Zhao et al. 2020)."""

    real: NonNegative = 10.0
    """λ_real."""
    fake: NonNegative = 10.0
    """λ_fake."""

    def d(self, t: Turn) -> Tensor:
        """The weighted sum of both parts."""
        real = self.change(t, t.real_score, t.real, t.y)
        return self.real * real + self.fake * self.change(t, t.fake_score, t.fake, t.fake_y)


@dataclass(kw_only=True)
class LatentConsistency(Regularizer):
    """D: λ_dis E‖D(G(z)) - D(G(z + Δz))‖²; G: -λ_gen E‖G(z) - G(z + Δz)‖² (zCR, Zhao et al. 2020).

    Δz ~ N(0, σ² I). Other than in the equation, the squared norm in G's part is divided by the number of values in a
    sample, so that λ_gen does not depend on the size of images.
    """

    dis: NonNegative = 5.0
    """λ_dis."""
    gen: NonNegative = 0.5
    """λ_gen."""
    sigma: Positive = 0.03
    """Standard deviation of Δz."""
    capturable = True

    def neighbours(self, t: Turn) -> Tensor:
        """G(z + Δz)."""
        return t.generate(t.z + self.sigma * torch.randn_like(t.z), t.fake_y)

    def d(self, t: Turn) -> Tensor:
        """D's score should not depend on Δz."""
        return self.dis * (t.fake_score - t.judge(self.neighbours(t), t.fake_y)["score"]).square().mean()

    def g(self, t: Turn) -> Tensor:
        """G's sample should."""
        return -self.gen * (t.fake - self.neighbours(t)).square().mean()
