"""Adaptive discriminator augmentation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

import torch
from msgspec import Meta
from torch import Tensor

from ganzoo.interfaces.bounds import Count, NonNegative
from ganzoo.interfaces.networks import NetSpec
from ganzoo.interfaces.terms import Regularizer
from ganzoo.interfaces.turn import Game, Turn, then
from ganzoo.zoo.nn.ada.blit import blit
from ganzoo.zoo.nn.ada.colour import recolour
from ganzoo.zoo.nn.ada.corruption import BandFilter, add_noise, cut_square
from ganzoo.zoo.nn.ada.geometry import Geometry
from ganzoo.zoo.nn.precision import without_autocast
from ganzoo.zoo.regularizers.augment import require_images


@dataclass(kw_only=True)
class ADA(Regularizer):
    """Each augmentation is applied with probability p, adapted to D's overfitting r_t = E sign(D(x)).

    Karras et al. 2020, equation 1 and section 3: p rises by a fixed amount where r_t is above the target, and falls by
    it where r_t is below, within 0 and 1. r_t is the mean over all moves of D since p was last adjusted. D(x) counts
    from the loss's boundary between reals and fakes, 1/2 for `lsgan`; where only differences of scores have a meaning,
    as for `wgan` and relativistic losses, r_t = E sign(D(x) - D(G(z))). The augmentations are those of the paper's
    appendix B, and `ganzoo.zoo.nn.ada` says where they differ. The log shows p.
    """

    blit: bool = True
    """Mirrored, turned by quarters, shifted by whole pixels."""
    geometric: bool = True
    """Scaled, turned, and shifted by any amount."""
    color: bool = True
    """Other brightness, contrast, hue and saturation; inverted."""
    filter: bool = False
    """Bands of frequency amplified."""
    noise: bool = False
    """Gaussian noise added."""
    cutout: bool = False
    """A rectangle set to 0."""
    target: Annotated[float, Meta(ge=-1, le=1)] = 0.6
    """The value of r_t at which p stays."""
    speed: Count = 500_000
    """Real images shown to D in which p can go from 0 to 1."""
    interval: Count = 4
    """p is adjusted once in so many moves of D, by as much more."""
    weight: NonNegative = field(default=1.0, init=False, repr=False)
    every: Count = field(default=1, init=False, repr=False)
    order: ClassVar[int] = 0
    capturable = True

    def prepare(self, g: NetSpec, d: NetSpec) -> None:
        """Samples must be images."""
        require_images(g)
        self.sides = g.shape[1:]

    def attach(self, game: Game) -> None:
        """Start with p = 0."""
        self.state |= {name: game.d.flat.new_zeros(()) for name in ("p", "signs")}
        groups: list[tuple[bool, Callable[[Tensor, Tensor], Tensor]]] = [
            (self.blit, blit),
            (self.geometric, Geometry(self.sides, game.d.flat)),
            (self.color, recolour),
            (self.filter, BandFilter(self.sides, game.d.flat)),
            (self.noise, add_noise),
            (self.cutout, cut_square),
        ]
        self.groups = [group for used, group in groups if used]

    def turn(self, t: Turn) -> None:
        """Adjust p, and augment what D sees."""
        if t.player == "d" and t.by is None:
            self.adjust(t)
        t.view = then(t.view, self.augment)

    def adjust(self, t: Turn) -> None:
        """Where `interval` moves have been made, move p by the sign of r_t - target, and begin anew.

        Before the move, so that all shards of it, which start from the same state, agree.
        """
        p, signs = self.state["p"], self.state["signs"]
        now = (t.step > 0) & (t.step % self.interval == 0)
        above = (signs / self.interval - self.target).sign()
        p.copy_(torch.where(now, p + above * (self.interval * t.game.batch / self.speed), p).clamp(0, 1))
        signs.copy_(torch.where(now, 0, signs))

    def augment(self, x: Tensor) -> Tensor:
        """Images (N, C, H, W), each in its own way."""
        with without_autocast(x):
            for group in self.groups:
                x = group(x, self.state["p"])
        return x

    def d(self, t: Turn) -> Tensor:
        """Add the player's own turn to r_t, and return p: a constant, which adds nothing to D's gradient."""
        boundary = t.game.loss.boundary
        above = t.real_score - (t.fake_score if boundary is None else boundary)
        if t.by is None:
            self.state["signs"].add_(above.detach().sign().mean())
        return self.state["p"].clone()
