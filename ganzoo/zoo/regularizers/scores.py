"""Penalties on the scores themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from msgspec import Meta
from torch import Tensor

from ganzoo.interfaces.bounds import NonNegative
from ganzoo.interfaces.terms import Game, Regularizer, Turn


@dataclass(kw_only=True)
class Drift(Regularizer):
    """ε E D(x)² keeps D's scores of the reals near 0 (Karras et al. 2018, appendix A.1)."""

    weight: NonNegative = 1e-3
    """ε."""
    capturable = True

    def d(self, t: Turn) -> Tensor:
        """E D(x)²."""
        return t.real_score.square().mean()


@dataclass(kw_only=True)
class LeCam(Regularizer):
    """λ (E‖D(x) - α_F‖² + E‖D(G(z)) - α_R‖²), for little data (Tseng et al. 2021).

    α_R and α_F are moving averages of D's scores of reals and of fakes, which begin with those of the first move.
    """

    weight: NonNegative = 0.3
    """λ."""
    decay: Annotated[float, Meta(ge=0, lt=1)] = 0.99
    """Of the averages, for each move in which they are counted."""
    capturable = True

    def attach(self, game: Game) -> None:
        """The averages."""
        self.state |= {name: game.d.flat.new_zeros(()) for name in ("real", "fake")}

    def d(self, t: Turn) -> Tensor:
        """Follow the scores, then compare each with the other's average."""
        real, fake = (self.follow(t.step, name, getattr(t, f"{name}_score")) for name in ("real", "fake"))
        return (t.real_score - fake).square().mean() + (t.fake_score - real).square().mean()

    def follow(self, step: Tensor, name: str, score: Tensor) -> Tensor:
        """The new average of scores."""
        average, now = self.state[name], score.detach().mean()
        new = torch.where(step == 0, now, torch.lerp(average, now, 1 - self.decay))
        average.copy_(new)
        return new
