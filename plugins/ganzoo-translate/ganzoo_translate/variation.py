"""Total variation."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

import ganzoo


@dataclass(kw_only=True)
class TotalVariation(ganzoo.Regularizer):
    """λ Σ_{i,j} ((x_{i,j+1} - x_{ij})² + (x_{i+1,j} - x_{ij})²)^{β/2} of G's samples x, as a mean over i, j.

    Mahendran, Vedaldi 2015, section 3, equation after (3); with β = 2 in Johnson et al. 2016, section 3.2. β = 1 is
    the total variation of Rudin, Osher, Fatemi 1992.
    """

    weight: Annotated[float, Meta(ge=0)] = 0.01
    """λ."""
    beta: Annotated[float, Meta(gt=0)] = 2.0
    """β."""
    constant = ("beta",)
    capturable = True

    def prepare(self, g, d):
        """Refuse what has no neighbours."""
        if len(g.shape) != 3:
            raise ganzoo.Incompatible("it compares neighbouring pixels, and this data has none; leave it out")

    def g(self, t):
        """The mean over positions where both neighbours exist, and over channels."""
        return variation(t.fake, self.beta).mean()


def variation(x, beta):
    """(N, C, H - 1, W - 1) of images (N, C, H, W)."""
    corner = x[..., :-1, :-1]
    squares = (x[..., :-1, 1:] - corner).square() + (x[..., 1:, :-1] - corner).square()
    return squares if beta == 2 else (squares + 1e-8) ** (beta / 2)
