"""Penalties on the norm of D's gradient with respect to its input: at reals, at fakes, between or around them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import torch
from torch import Tensor

from ganzoo.interfaces.bounds import NonNegative
from ganzoo.interfaces.networks import NetSpec
from ganzoo.interfaces.terms import Regularizer
from ganzoo.interfaces.turn import Game, Turn
from ganzoo.support.errors import GanzooWarning


@dataclass(kw_only=True)
class SlopePenalty(Regularizer):
    """What gradient penalties share: D's score of a sample must depend on this sample alone."""

    capturable = True
    second_order = True

    def prepare(self, g: NetSpec, d: NetSpec) -> None:
        """Forbid batch normalisation in D."""
        d.batch_norm = False

    def attach(self, game: Game) -> None:
        """Warn where a penalty is not computed on every move and the loss is relativistic."""
        if self.every > 1 and game.loss.relativistic:
            warnings.warn(
                f"{self.name}: every={self.every} with the relativistic loss {game.loss.name}: training is known to "
                f"fail if the penalty is not computed on every move (Huang et al. 2024); write {self.name}:every=1",
                GanzooWarning,
                stacklevel=2,
            )


@dataclass(kw_only=True)
class GradientPenalty(SlopePenalty):
    """λ E(‖∇D(x̂)‖ - 1)², x̂ = ε x + (1 - ε) G(z), ε uniform in [0, 1) (Gulrajani et al. 2017, equation 3).

    The 1 is the option `center`; 0 is the zero-centred penalty of Thanh-Tung, Tran, Venkatesh 2019 (arXiv:1902.03984).
    What D judges together, as with `pack`, shares one ε.
    """

    weight: NonNegative = 10.0
    """λ."""
    center: NonNegative = 1.0
    """The gradient norm at which the penalty is 0."""

    def d(self, t: Turn) -> Tensor:
        """E(‖∇D(x̂)‖ - center)²."""
        shape = (len(t.real) // t.game.group,) + (1,) * (t.real.dim() - 1)
        epsilon = torch.rand(shape, dtype=t.real.dtype, device=t.real.device).repeat_interleave(t.game.group, 0)
        x = torch.lerp(t.fake.detach(), t.real.detach(), epsilon).requires_grad_()
        return (t.slope(t.judge(x, t.y), x) - self.center).square().mean()


@dataclass(kw_only=True)
class R1(SlopePenalty):
    """γ/2 E‖∇D(x)‖² at the reals (Mescheder, Geiger, Nowozin 2018, equation 9); `weight` is γ."""

    def d(self, t: Turn) -> Tensor:
        """½ E‖∇D(x)‖²."""
        return t.slope(t.real_out, t.real).square().mean() / 2


@dataclass(kw_only=True)
class R2(SlopePenalty):
    """γ/2 E‖∇D(G(z))‖² at the fakes (Mescheder, Geiger, Nowozin 2018, equation 10); `weight` is γ."""

    def d(self, t: Turn) -> Tensor:
        """½ E‖∇D(G(z))‖²."""
        return t.slope(t.fake_out, t.fake).square().mean() / 2


@dataclass(kw_only=True)
class DRAGAN(SlopePenalty):
    """λ E(‖∇D(x + δ)‖ - k)² around the reals (Kodali et al. 2017).

    The paper draws δ ~ N(0, cI). Here, as in the authors' code, δ = scale · std(x) · U: the standard deviation is that
    of all values in the batch, and U is uniform in [0, 1), drawn for each value.
    """

    weight: NonNegative = 10.0
    """λ."""
    center: NonNegative = 1.0
    """k, the gradient norm at which the penalty is 0."""
    scale: NonNegative = 0.5
    """The largest δ, in standard deviations of the data."""

    def d(self, t: Turn) -> Tensor:
        """E(‖∇D(x + δ)‖ - k)²."""
        real = t.real.detach()
        x = (real + self.scale * real.std() * torch.rand_like(real)).requires_grad_()
        return (t.slope(t.judge(x, t.y), x) - self.center).square().mean()
