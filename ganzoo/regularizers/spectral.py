"""Spectral normalisation."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from ganzoo.interfaces import Game, Regularizer

LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Embedding)


@dataclass(kw_only=True)
class SpectralNorm(Regularizer):
    """Divides each weight W of D by its largest singular value σ(W) (Miyato et al. 2018, equation 8).

    σ is followed by one power iteration a forward pass, as in the paper's algorithm 1.
    """

    def attach(self, game: Game) -> None:
        """Parametrize D's linear and convolutional layers."""
        for module in list(game.d.net.modules()):
            if isinstance(module, LAYERS):
                spectral_norm(module)
