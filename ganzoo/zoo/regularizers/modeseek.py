"""G must make different samples of different z."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ganzoo.interfaces.terms import Regularizer, Turn


@dataclass(kw_only=True)
class ModeSeeking(Regularizer):
    """G makes d(G(z₁), G(z₂)) / d(z₁, z₂) large (Mao et al. 2019).

    As in the authors' code, d is the mean absolute difference and G minimises 1 / (ratio + 1e-5). z₂ goes through G by
    itself, so that the batch statistics of z₁'s samples stay their own.
    """

    capturable = True

    def g(self, t: Turn) -> Tensor:
        """1 / (d(G(z₁), G(z₂)) / d(z₁, z₂) + 1e-5)."""
        z = t.game.latent(len(t.z))
        ratio = (t.generate(z, t.fake_y) - t.fake).abs().mean() / (z - t.z).abs().mean()
        return 1 / (ratio + 1e-5)
