"""Augmentation of every sample that D sees, real or fake. G's gradient passes through it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from msgspec import Meta

from ganzoo.interfaces.networks import NetSpec
from ganzoo.interfaces.terms import Regularizer
from ganzoo.interfaces.turn import Turn, then
from ganzoo.support.errors import Incompatible
from ganzoo.zoo.nn.augmentations import policy

Share = Annotated[float, Meta(ge=0, le=1)]


def require_images(spec: NetSpec) -> None:
    """Raises `Incompatible` for samples that are not (C, H, W)."""
    if len(spec.shape) != 3:
        shape = "x".join(map(str, spec.shape))
        raise Incompatible(f"it augments images, (channels, height, width), not samples of {shape}; leave it out")


@dataclass(kw_only=True)
class DiffAugment(Regularizer):
    """D sees T(x) and T(G(z)) in both players' moves, T random and differentiable (Zhao et al. 2020).

    0 leaves an augmentation out.
    """

    color: Share = 1.0
    """Strength of random brightness, saturation and contrast; 1 is the paper's."""
    translation: Share = 0.125
    """The longest shift, as a share of a side."""
    cutout: Share = 0.5
    """The side of the square that is set to 0, as a share of the image's side."""
    order: ClassVar[int] = 0
    capturable = True

    def prepare(self, g: NetSpec, d: NetSpec) -> None:
        """Samples must be images."""
        require_images(g)

    def turn(self, t: Turn) -> None:
        """Augment what D sees."""
        for augment in policy(self.color, self.translation, self.cutout):
            t.view = then(t.view, augment)
