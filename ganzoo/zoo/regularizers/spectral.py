"""Spectral normalisation."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from ganzoo.interfaces.terms import Game, Regularizer

LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Embedding)


@dataclass(kw_only=True)
class SpectralNorm(Regularizer):
    """Divides each weight W of D by its largest singular value σ(W) (Miyato et al. 2018, equation 8).

    σ is followed by one power iteration a forward pass, as in the paper's algorithm 1.
    """

    capturable = True

    def attach(self, game: Game) -> None:
        """Parametrize D's linear and convolutional layers, and its embeddings of labels."""
        for module in list(game.d.net.modules()):
            if isinstance(module, LAYERS):
                spectral_norm(module)
                norms = module.get_submodule("parametrizations.weight")
                norms.add_module("0", Full(norms.get_submodule("0")))


class Full(nn.Module):
    """σ in full precision, also where D computes in bf16: autocast would round the products that it is made of."""

    def __init__(self, norm: nn.Module) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, weight: Tensor) -> Tensor:
        """W -> W / σ(W)."""
        with _full_precision(weight.device.type):
            normed: Tensor = self.norm(weight)
        return normed


def _full_precision(device: str) -> AbstractContextManager[Any]:
    return torch.autocast(device, enabled=False) if torch.amp.is_autocast_available(device) else nullcontext()
