"""Spectral normalisation."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from ganzoo.interfaces.terms import Regularizer
from ganzoo.interfaces.turn import Game
from ganzoo.zoo.nn.precision import without_autocast

LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Embedding)


@dataclass(kw_only=True)
class SpectralNorm(Regularizer):
    """W̄ = W / σ(W) for each weight W of D, σ(W) being its largest singular value (Miyato et al. 2018, equation 8).

    σ(W) is estimated by one power iteration per forward pass, as in the paper's algorithm 1.
    """

    capturable = True

    def attach(self, game: Game) -> None:
        """Parametrize D's linear and convolutional layers, and its label embeddings."""
        for module in [module for judge in game.d.judges for module in judge.modules()]:
            if isinstance(module, LAYERS):
                spectral_norm(module)
                norms = module.get_submodule("parametrizations.weight")
                norms.add_module("0", FullPrecision(norms.get_submodule("0")))


class FullPrecision(nn.Module):
    """Computes σ(W) without autocast, which would round the products of the power iteration to bf16."""

    def __init__(self, norm: nn.Module) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, weight: Tensor) -> Tensor:
        """W -> W / σ(W)."""
        with without_autocast(weight):
            normalised: Tensor = self.norm(weight)
        return normalised
