"""Clipping of gradients."""

from __future__ import annotations

from dataclasses import dataclass

from torch.nn.utils import clip_grad_norm_

from ganzoo.interfaces import Game, Player, Regularizer
from ganzoo.settings import Positive


@dataclass(kw_only=True)
class GradientClip(Regularizer):
    """g ← g · min(1, norm / ‖g‖) for each player's whole gradient (Pascanu, Mikolov, Bengio 2013, algorithm 1)."""

    norm: Positive = 1.0
    """The largest norm that a gradient keeps."""

    def attach(self, game: Game) -> None:
        """Clip just before each optimizer step."""
        for player in (game.g, game.d):
            player.optimizer.register_step_pre_hook(lambda *_, player=player: self.clip(player))

    def clip(self, player: Player) -> None:
        """Scale the player's gradient in place."""
        clip_grad_norm_(player.params, self.norm)
