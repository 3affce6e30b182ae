"""Distances between G's sample and the real one that belongs to what was given."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

import ganzoo

NonNegative = Annotated[float, Meta(ge=0)]


def require_pairs(spec):
    """Raises `Incompatible` where no real sample belongs to what is given."""
    if spec.source is None:
        raise ganzoo.Incompatible(
            "it compares with the sample that belongs to what is given, and this data gives nothing; leave it out, or "
            "use data such as @pairs:FOLDER,to=FOLDER"
        )
    if not spec.paired:
        raise ganzoo.Incompatible(
            "it compares with the sample that belongs to what is given, and this data is not paired; leave it out, or "
            "use cycle or nce instead"
        )


@dataclass(kw_only=True)
class L1(ganzoo.Regularizer):
    """λ E_{x,y,z} ‖y - G(x, z)‖₁ (Isola et al. 2017, equation 3), the norm divided by the numbers in a sample.

    x is what is given, and y belongs to it.
    """

    weight: NonNegative = 100.0
    """λ."""
    capturable = True

    def prepare(self, g, d):
        """Let G take what is given."""
        require_pairs(g)
        g.given = g.source

    def g(self, t):
        """The mean of |y - G(x, z)|."""
        return (t.fake - t.real).abs().mean()


@dataclass(kw_only=True)
class L2(L1):
    """λ E ‖y - G(x, z)‖² / n (Pathak et al. 2016, equation 1; Ledig et al. 2017, equation 4), n numbers in a sample."""

    def g(self, t):
        """The mean of (y - G(x, z))²."""
        return (t.fake - t.real).square().mean()
