"""Generator and discriminator as the trainer calls them: with labels second, None where there are none."""

from __future__ import annotations

from torch import Tensor, nn

from ganzoo.interfaces.networks import NetSpec
from ganzoo.zoo.nn.conditioning import Layers, label_input
from ganzoo.zoo.nn.heads import Heads


class Generator(Layers):
    """Layers from z to a sample; the code of y is appended to z where the spec says so."""

    def __init__(self, spec: NetSpec, *layers: nn.Module) -> None:
        super().__init__(*label_input(spec), *layers)

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
        outputs: dict[str, Tensor] = self.heads(self.trunk(x, y), y)
        return outputs
