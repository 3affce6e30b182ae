"""Spectral normalisation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from torch.nn.utils.parametrize import register_parametrization

from ganzoo.interfaces.terms import Regularizer
from ganzoo.interfaces.turn import Game, Turn
from ganzoo.zoo.nn.precision import without_autocast

LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Embedding)
FIRST = 15
"""Power iterations before the first move."""


@dataclass(kw_only=True)
class SpectralNorm(Regularizer):
    """W̄ = W / σ(W) for each weight W of D, σ(W) being its largest singular value (Miyato et al. 2018, equation 8).

    σ(W) is estimated as in the paper's algorithm 1: with one power iteration for each update of D. G's moves, which do
    not change W, have none, and neither have evaluations; all divide W as it is by the estimate that its vectors give.
    """

    capturable = True

    def attach(self, game: Game) -> None:
        """Parametrize D's linear and convolutional layers, and its label embeddings."""
        for module in [module for judge in game.d.judges for module in judge.modules()]:
            if isinstance(module, LAYERS):
                register_parametrization(module, "weight", FullPrecision(Norm(module.weight)))

    def turn(self, t: Turn) -> None:
        """One power iteration in D's own turn, before anything has used D."""
        if t.player == "d" and t.by is None:
            for norm, weight in norms(t.game):
                norm.iterate(weight)


def norms(game: Game) -> Iterator[tuple[Norm, Tensor]]:
    """What divides each weight W of D, and W itself."""
    for judge in game.d.judges:
        for module in judge.modules():
            if isinstance(module, LAYERS):
                place = "parametrizations.weight"
                norm = module.get_submodule(f"{place}.0.norm")
                assert isinstance(norm, Norm)
                yield norm, module.get_parameter(f"{place}.original")


class FullPrecision(nn.Module):
    """Computes σ(W) without autocast, which would round its products to bf16."""

    def __init__(self, norm: Norm) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, weight: Tensor) -> Tensor:
        """W -> W / σ(W)."""
        with without_autocast(weight):
            normalised: Tensor = self.norm(weight)
        return normalised


class Norm(nn.Module):
    """σ(W) ≈ uᵀ W v, for W of (outputs, n): each filter of a convolution is a row."""

    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        rows = weight.detach().flatten(1)
        # the names that torch gives them, which stored runs have
        self.register_buffer("_u", normalize(torch.randn_like(rows[:, 0]), dim=0))
        self.register_buffer("_v", normalize(torch.randn_like(rows[0]), dim=0))
        self.iterate(weight, FIRST)

    @torch.no_grad()
    def iterate(self, weight: Tensor, times: int = 1) -> None:
        """v <- Wᵀ u / ‖Wᵀ u‖, u <- W v / ‖W v‖."""
        rows = weight.flatten(1)
        for _ in range(times):
            normalize(rows.T @ self._u, dim=0, out=self._v)
            normalize(rows @ self._v, dim=0, out=self._u)

    def forward(self, weight: Tensor) -> Tensor:
        """W -> W / σ(W)."""
        return weight / torch.dot(self._u, weight.flatten(1) @ self._v)
