"""Mode seeking."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ganzoo.interfaces.terms import Regularizer
from ganzoo.interfaces.turn import Turn


@dataclass(kw_only=True)
class ModeSeeking(Regularizer):
    """G maximises d(G(z₁), G(z₂)) / d(z₁, z₂), so that different z give different samples (Mao et al. 2019).

    As in the authors' code, d is the mean absolute difference over the batch, and G minimises 1 / (ratio + 1e-5)
    instead of -ratio, so that it pulls harder the less samples differ. G is called separately on z₂, so that batch
    normalisation does not mix the two batches.
    """

    capturable = True

    def g(self, t: Turn) -> Tensor:
        """1 / (d(G(z₁), G(z₂)) / d(z₁, z₂) + 1e-5)."""
        z = t.game.latent(len(t.z))
        ratio = (t.generate(z, t.fake_y) - t.fake).abs().mean() / (z - t.z).abs().mean()
        return 1 / (ratio + 1e-5)
