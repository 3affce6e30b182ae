"""Instance noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from ganzoo.interfaces.bounds import Count, NonNegative
from ganzoo.interfaces.terms import Regularizer
from ganzoo.interfaces.turn import Game, Turn, then


@dataclass(kw_only=True)
class InstanceNoise(Regularizer):
    """D sees x + σ_t ε and G(z) + σ_t ε, ε ~ N(0, I), where σ_t falls linearly to 0 (Sønderby et al. 2017).

    The noise makes the distributions of reals and fakes overlap (see also Arjovsky, Bottou 2017, section 3).
    """

    sigma: NonNegative = 0.1
    """Standard deviation at the start, in the network's units, in which images range from -1 to 1."""
    fade: Count = 200_000
    """Real images shown to D until the noise has faded."""
    order: ClassVar[int] = 0
    capturable = True

    def attach(self, game: Game) -> None:
        """Create σ, which is set in D's moves and reused in G's."""
        self.state["sigma"] = game.d.flat.new_zeros(()) + self.sigma

    def turn(self, t: Turn) -> None:
        """Add noise to what D sees."""
        sigma = self.state["sigma"]
        if t.player == "d":
            sigma.copy_(self.sigma * (1 - t.step * t.game.batch / self.fade).clamp(min=0))
        t.view = then(t.view, lambda x: x + sigma * torch.randn_like(x))
