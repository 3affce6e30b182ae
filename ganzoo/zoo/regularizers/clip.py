"""Clipping of gradients and of weights."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn.utils import get_total_norm

from ganzoo.interfaces.bounds import Positive
from ganzoo.interfaces.networks import Player
from ganzoo.interfaces.terms import Regularizer
from ganzoo.interfaces.turn import Game


@dataclass(kw_only=True)
class GradientClip(Regularizer):
    """ĝ ← (threshold / ‖ĝ‖) ĝ if ‖ĝ‖ ≥ threshold, for each player's gradient (Pascanu et al. 2013, algorithm 1).

    As PyTorch does it, the factor is threshold / (‖ĝ‖ + 1e-6): a clipped norm is less than the threshold by this much.
    """

    norm: Positive = 1.0
    """The threshold."""
    capturable = True

    def attach(self, game: Game) -> None:
        """Clip just before each optimizer step."""
        for player in (game.g, game.d):
            player.optimizer.register_step_pre_hook(lambda *_, player=player: self.clip(player))

    @torch.no_grad()
    def clip(self, player: Player) -> None:
        """Scale the player's gradient in place, as `clip_grad_norm_` does, which would ask a tensor for its value."""
        factor = self.norm / (get_total_norm(player.grads) + 1e-6)
        torch._foreach_mul_(player.grads, factor.clamp(max=1.0))


@dataclass(kw_only=True)
class WeightClip(Regularizer):
    """w ← clip(w, -c, c) after each move of D (Arjovsky, Chintala, Bottou 2017, algorithm 1).

    Applied to all parameters of D, those of its normalisation layers included, but not to running statistics.
    """

    c: Positive = 0.01
    """The largest absolute value of a weight."""
    capturable = True

    def attach(self, game: Game) -> None:
        """Clip now, and just after each of D's optimizer steps."""
        game.d.optimizer.register_step_post_hook(lambda *_: self.clip(game.d))
        self.clip(game.d)

    @torch.no_grad()
    def clip(self, player: Player) -> None:
        """Clamp the player's parameters in place."""
        for p in player.params:
            p.clamp_(-self.c, self.c)
