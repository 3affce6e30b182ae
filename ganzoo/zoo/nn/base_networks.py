"""Generator and discriminator as the trainer calls them: with labels second, and what is given third."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import Tensor, nn

from ganzoo.interfaces.networks import NetSpec
from ganzoo.zoo.nn.conditioning import Layers, condition_input, require_labels

Net = TypeVar("Net", bound=nn.Module)


class Generator(Layers):
    """Layers from z to a sample; the code of y, and what is given, are appended to z where the spec says so."""

    def __init__(self, spec: NetSpec, *layers: nn.Module) -> None:
        super().__init__(*condition_input(spec), *layers)

    def forward(self, z: Tensor, y: Tensor | None = None, given: Tensor | None = None) -> Tensor:
        """z (N, latent), y (N,), given (N, ...) -> x (N, *shape)."""
        return super().forward(z, y, given)


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


class Discriminator(nn.Module):
    """A trunk and its heads."""

    def __init__(self, trunk: Layers, heads: Heads) -> None:
        super().__init__()
        self.trunk, self.heads = trunk, heads

    def forward(self, x: Tensor, y: Tensor | None = None, given: Tensor | None = None) -> dict[str, Tensor]:
        """x (N, *shape), y (N,), given (N, ...) -> {"score": (N,), "features": (N, F), **heads}."""
        outputs: dict[str, Tensor] = self.heads(self.trunk(x, y, given), y)
        return outputs


def init_normal(net: Net, std: float = 0.02) -> Net:
    """Draw weights of linear and convolutional layers from N(0, std²) (Radford, Metz, Chintala 2016, section 4)."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(module.weight, 0.0, std)
    return net
