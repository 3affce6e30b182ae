"""The two networks as the game calls them: labels come second, and are None without them."""

from __future__ import annotations

from torch import Tensor, nn

from ganzoo.interfaces.networks import NetSpec
from ganzoo.zoo.nn.heads import Heads
from ganzoo.zoo.nn.labels import Layers, concat


class Generator(Layers):
    """Layers from z, with the code of y behind it where the spec says so, to a sample."""

    def __init__(self, spec: NetSpec, *layers: nn.Module) -> None:
        super().__init__(*concat(spec), *layers)

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        """z (N, latent), y (N,) -> x (N, *shape)."""
        return super().forward(z, y)


class Discriminator(nn.Module):
    """A trunk and its heads."""

    def __init__(self, trunk: Layers, heads: Heads) -> None:
        super().__init__()
        self.trunk, self.heads = trunk, heads

    def forward(self, x: Tensor, y: Tensor | None = None) -> dict[str, Tensor]:
        """x (N, *shape), y (N,) -> {"score": (N,), "features": (N, F), **heads}."""
        out: dict[str, Tensor] = self.heads(self.trunk(x, y), y)
        return out
