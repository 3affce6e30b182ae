"""The two networks as the game calls them: labels come second, and are None without them."""

from __future__ import annotations

from torch import Tensor, nn


class Generator(nn.Sequential):
    """Layers from z to a sample; takes no labels."""

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        """z (N, latent) -> x (N, *shape)."""
        x: Tensor = super().forward(z)  # type: ignore[no-untyped-call]
        return x


class Discriminator(nn.Module):
    """A trunk and its heads; takes no labels."""

    def __init__(self, trunk: nn.Module, heads: nn.Module) -> None:
        super().__init__()
        self.trunk, self.heads = trunk, heads

    def forward(self, x: Tensor, y: Tensor | None = None) -> dict[str, Tensor]:
        """x (N, *shape) -> {"score": (N,), "features": (N, F), **heads}."""
        out: dict[str, Tensor] = self.heads(self.trunk(x))
        return out
