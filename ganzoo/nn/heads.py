"""The end of a discriminator."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganzoo.interfaces import NetSpec


class Heads(nn.Module):
    """Features (N, *shape) -> {"score": (N,), "features": (N, F), and each head of the spec: (N, width)}."""

    def __init__(self, spec: NetSpec, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.tail = nn.Sequential(*(layer() for layer in spec.tail), nn.Flatten())
        with torch.no_grad():  # a tail may add features: minibatch statistics do
            width = self.tail(torch.zeros(4, *shape)).shape[1]
        self.score = nn.Linear(width, 1)
        self.heads = nn.ModuleDict({name: nn.Linear(width, outputs) for name, outputs in spec.heads.items()})

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Flatten, then one linear map for each output."""
        features = self.tail(x)
        heads = {name: head(features) for name, head in self.heads.items()}
        return {"score": self.score(features).squeeze(1), "features": features, **heads}
