"""Noise on what D sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from ganzoo.interfaces.bounds import Count, NonNegative
from ganzoo.interfaces.terms import Game, Regularizer, Turn, then


@dataclass(kw_only=True)
class InstanceNoise(Regularizer):
    """D sees x + σ_t ε, ε ~ N(0, I), reals and fakes alike, and σ_t falls linearly to 0 (Sønderby et al. 2017).

    The noise makes the two distributions overlap (also Arjovsky, Bottou 2017, section 3).
    """

    sigma: NonNegative = 0.1
    """Standard deviation at the beginning, in the network's units: images reach from -1 to 1."""
    fade: Count = 200_000
    """Real images shown to D until there is no noise."""
    order: ClassVar[int] = 0
    capturable = True

    def attach(self, game: Game) -> None:
        """σ is state: it follows D's moves, also where G moves less often."""
        self.state["sigma"] = game.d.flat.new_full((), self.sigma)

    def turn(self, t: Turn) -> None:
        """Add to the view."""
        sigma = self.state["sigma"]
        if t.player == "d":
            sigma.copy_(self.sigma * (1 - t.step * t.game.batch / self.fade).clamp(min=0))
        t.view = then(t.view, lambda x: x + sigma * torch.randn_like(x))
