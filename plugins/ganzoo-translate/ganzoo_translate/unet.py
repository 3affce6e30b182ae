"""The U-Net of pix2pix."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

from ganzoo_translate.normalisation import normalisation
from ganzoo_translate.translator import Count, TranslatingG, Translator, same_size

SMALLEST, WIDEST = 4, 8
"""The side at which `auto` stops to halve; the most channels, as a multiple of the width."""


@dataclass
class UNet(Translator):
    """G: x ↦ halved again and again, and doubled back, each size joined to what was halved (Isola et al. 2017, 3.2.1).

    Layers are those of the paper's appendix 6.1.1: 4x4 convolutions, leaky ReLUs on the way down, ReLUs on the way up.
    Two differences: a 3x3 convolution at full size comes first and last, because images may be small; and noise is z,
    which is added at the smallest size, instead of dropout. It takes any image whose sides are multiples of 2 to the
    power of `depth`, also larger ones than it was trained on.
    """

    depth: Count | Literal["auto"] = "auto"
    """Halvings; auto: until a side is 4 or odd."""

    def generator(self, spec):
        """(z, y, given (N, C', H, W)) -> (N, C, H, W)."""
        depth = self.depth
        if depth == "auto":
            depth = halvings(spec.source[1:]) if spec.source and len(spec.source) == 3 else 1
        self.check(spec, "unet", 2**depth)
        same_size(spec, "unet")
        return UNetG(spec, self.width, depth, self.norm, self.keep, self.residual)


def halvings(sides):
    """How often both sides can be halved while the shorter is above 4; at least once."""
    n = 0
    while min(sides) >> n > SMALLEST and all(side % 2 ** (n + 1) == 0 for side in sides):
        n += 1
    return max(n, 1)


class Level(nn.Module):
    """x ↦ x joined to what its half becomes on the way down and up again."""

    def __init__(self, outer, inner, norm, inside=None):
        super().__init__()
        # the smallest maps are not normalised: they may be one pixel, of which nothing would be left
        self.down = nn.Sequential(
            nn.Conv2d(outer, inner, 4, 2, 1), normalisation(norm if inside else "none", inner), nn.LeakyReLU(0.2)
        )
        self.inside = inside
        self.up = nn.Sequential(
            nn.ConvTranspose2d(2 * inner if inside else inner, outer, 4, 2, 1), normalisation(norm, outer), nn.ReLU()
        )

    def forward(self, x, code):
        h = self.down(x)
        h = self.inside(h, code) if self.inside else h + code
        return torch.cat([x, self.up(h)], 1)


class UNetG(TranslatingG):
    """A convolution, nested levels, a convolution."""

    def __init__(self, spec, width, depth, norm, keep, residual):
        super().__init__(keep, 2**depth, residual)
        widths = [width * min(2**i, WIDEST) for i in range(depth + 1)]
        level = None
        for i in reversed(range(depth)):
            level = Level(widths[i], widths[i + 1], norm, level)
        self.code = nn.Linear(spec.latent, widths[-1])
        self.first = nn.Sequential(nn.Conv2d(spec.given[0], width, 3, 1, 1), nn.LeakyReLU(0.2))
        self.levels, self.last = level, nn.Conv2d(2 * width, spec.shape[0], 3, 1, 1)

    def translate(self, z, given):
        return self.last(self.levels(self.first(given), self.code(z)[:, :, None, None]))

    def features(self, given):
        """At most five maps of the encoder, from the image itself on."""
        maps, level = [given, self.first(given)], self.levels
        while level is not None and len(maps) < 5:
            maps.append(level.down(maps[-1]))
            level = level.inside
        return maps
