"""Packing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from msgspec import Meta
from torch import Tensor

from ganzoo.interfaces.networks import NetSpec
from ganzoo.interfaces.terms import Regularizer
from ganzoo.interfaces.turn import Turn, then
from ganzoo.support.errors import Incompatible


@dataclass(kw_only=True)
class Pack(Regularizer):
    """D(x_1, ..., x_m): D judges m samples at once, all real or all fake (PacGAN, Lin et al. 2018).

    The samples are concatenated along the channels. A pack has one score, so a relativistic loss pairs packs, and a
    gradient penalty has one gradient norm per pack. `gp` mixes packs of reals with packs of fakes.
    """

    m: Annotated[int, Meta(ge=2, le=64)] = 2
    """Samples in a pack; must divide the samples of a shard. Packs have no label: conditional parts are refused."""
    order: ClassVar[int] = 10
    capturable = True

    def prepare(self, g: NetSpec, d: NetSpec) -> None:
        """Give D an input of m samples. Raises `Incompatible` where channels do not come first, or at all."""
        if len(d.shape) not in (1, 3):
            shape = "x".join(map(str, d.shape))
            known = "images, (channels, height, width), and points"
            raise Incompatible(f"it joins the channels of {known}, not of samples of {shape}; leave it out")
        d.shape, d.group = (self.m * d.shape[0], *d.shape[1:]), self.m

    def turn(self, t: Turn) -> None:
        """Pack what D sees."""
        t.view = then(t.view, self.fold)

    def fold(self, x: Tensor) -> Tensor:
        """(N, C, ...) -> (N / m, m C, ...): neighbours in the batch share a pack."""
        return x.reshape(-1, self.m * x.shape[1], *x.shape[2:])
