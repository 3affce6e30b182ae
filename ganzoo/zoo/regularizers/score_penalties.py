"""Penalties on D's scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from msgspec import Meta
from torch import Tensor

from ganzoo.interfaces.bounds import NonNegative
from ganzoo.interfaces.terms import Regularizer
from ganzoo.interfaces.turn import Game, Turn


@dataclass(kw_only=True)
class Drift(Regularizer):
    """ε_drift E D(x)² keeps D's scores of reals near 0 (Karras et al. 2018, appendix A.1)."""

    weight: NonNegative = 1e-3
    """ε_drift."""
    capturable = True

    def d(self, t: Turn) -> Tensor:
        """E D(x)²."""
        return t.real_score.square().mean()


@dataclass(kw_only=True)
class LeCam(Regularizer):
    """λ (E‖D(x) - α_F‖² + E‖D(G(z)) - α_R‖²), for small data sets (Tseng et al. 2021).

    α_R and α_F are exponential moving averages of D's scores of reals and of fakes, initialised by the first move.
    """

    weight: NonNegative = 0.3
    """λ."""
    decay: Annotated[float, Meta(ge=0, lt=1)] = 0.99
    """Decay of the moving averages per move of D."""
    capturable = True

    def attach(self, game: Game) -> None:
        """Create the moving averages."""
        self.state |= {name: game.d.flat.new_zeros(()) for name in ("real", "fake")}

    def d(self, t: Turn) -> Tensor:
        """Update the averages with the player's own turn; compare the scores of each kind with that of the other."""
        if t.by is None:
            self.update("real", t.real_score, t.step)
            self.update("fake", t.fake_score, t.step)
        real, fake = self.state["real"].clone(), self.state["fake"].clone()
        return (t.real_score - fake).square().mean() + (t.fake_score - real).square().mean()

    def update(self, name: str, score: Tensor, step: Tensor) -> None:
        """Update a moving average with new scores."""
        average, mean = self.state[name], score.detach().mean()
        average.copy_(torch.where(step == 0, mean, torch.lerp(average, mean, 1 - self.decay)))
