"""The last layers of a discriminator."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganzoo.interfaces.networks import NetSpec
from ganzoo.zoo.nn.conditioning import require_labels


class Heads(nn.Module):
    """Features (N, *shape) -> {"score": (N,), "features": (N, F), and each head of the spec: (N, width)}.

    With labels by projection the score is yᵀ V φ(x) + ψ(φ(x)), φ(x) being the features (Miyato, Koyama 2018,
    section 3).
    """

    def __init__(self, spec: NetSpec, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.tail = nn.Sequential(*(layer() for layer in spec.tail), nn.Flatten())
        with torch.no_grad():  # a layer of the tail may add features, as minibatch statistics do
            width = self.tail(torch.zeros(4, *shape)).shape[1]
        self.score = nn.Linear(width, 1)
        self.heads = nn.ModuleDict({name: nn.Linear(width, outputs) for name, outputs in spec.heads.items()})
        self.embedding = nn.Embedding(spec.classes, width) if spec.classes and spec.label == "projection" else None
        if self.embedding is not None:
            nn.init.xavier_uniform_(self.embedding.weight)

    def forward(self, x: Tensor, y: Tensor | None = None) -> dict[str, Tensor]:
        """Flatten, then apply one linear layer per output."""
        features = self.tail(x)
        score = self.score(features).squeeze(1)
        if self.embedding is not None:
            score = score + (self.embedding(require_labels(y)) * features).sum(1)
        return {"score": score, "features": features, **{name: head(features) for name, head in self.heads.items()}}
