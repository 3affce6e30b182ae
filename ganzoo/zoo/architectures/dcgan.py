"""Deep convolutional networks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, pairwise
from typing import Literal

from torch import nn

from ganzoo.interfaces.bounds import Width
from ganzoo.interfaces.networks import NetSpec
from ganzoo.zoo.nn.heads import Heads
from ganzoo.zoo.nn.initial import normal
from ganzoo.zoo.nn.labels import Layers, code_width, concat
from ganzoo.zoo.nn.norm import AutoNorm, Norm, choose_norm, norm, norm_classes
from ganzoo.zoo.nn.players import Discriminator, Generator
from ganzoo.zoo.nn.refusal import refuse_unknown, square_side

Kind = Literal["double", "keep"]
KINDS: tuple[Kind, Kind] = ("double", "keep")


@dataclass
class DCGAN:
    """Strided 4x4 convolutions and no pooling (Radford, Metz, Chintala 2016, section 3).

    D halves the image while its side is even and more than 4, at least twice, from `width` channels on and doubling
    them each time; G is its mirror. So a 64x64 image ends as 4x4, as in the paper, and an 8x8 one as 2x2. With
    `g_refine` each size of G has a second layer, as in Karras et al. 2018 (arXiv:1710.10196, table 2), and `width`
    channels are there at the image's own size too, as in Miyato et al. 2018 (arXiv:1802.05957, table 3).
    """

    width: Width = 64
    """Channels beside the image."""
    norm: AutoNorm = "auto"
    """D's normalisation; auto is batch unless a term looks at each sample alone, then none."""
    g_norm: Norm = "batch"
    """G's normalisation."""
    g_refine: bool = False
    """Whether a 3x3 convolution follows each of G's that doubles, and the last of them makes the image."""

    def generator(self, spec: NetSpec) -> nn.Module:
        """z (N, latent) -> images (N, C, H, H) in [-1, 1]."""
        refuse_unknown(spec, "dcgan", "g")
        base, widths = self.stages(spec)
        top, bias, classes = widths[-1], self.g_norm != "batch", norm_classes(self.g_norm, spec)
        layers: list[nn.Module] = [nn.Linear(spec.latent + code_width(spec), top * base * base, bias=bias)]
        layers += [nn.Unflatten(1, (top, base, base)), norm(self.g_norm, top, 2, classes), nn.ReLU()]
        *inner, last = self.upwards(widths, spec.shape[0])
        for kind, wide, narrow in inner:
            layers += [convolution(kind, wide, narrow, bias), norm(self.g_norm, narrow, 2, classes), nn.ReLU()]
        return normal(Generator(spec, *layers, convolution(*last), nn.Tanh()))

    def discriminator(self, spec: NetSpec) -> nn.Module:
        """Images (N, C, H, H) -> score, features, heads."""
        refuse_unknown(spec, "dcgan", "d")
        base, widths = self.stages(spec)
        kind, channels = choose_norm(self.norm, spec), spec.shape[0] + code_width(spec)
        layers = [*concat(spec), nn.Conv2d(channels, widths[0], 4, 2, 1), nn.LeakyReLU(0.2)]
        for narrow, wide in pairwise(widths):
            layers += [nn.Conv2d(narrow, wide, 4, 2, 1, bias=kind != "batch"), norm(kind, wide, 2), nn.LeakyReLU(0.2)]
        return normal(Discriminator(Layers(*layers), Heads(spec, (widths[-1], base, base))))

    def upwards(self, widths: list[int], channels: int) -> list[tuple[Kind, int, int]]:
        """G's convolutions, the smallest map's first: what becomes of the side, channels before and after."""
        times = 1 + self.g_refine
        beside = [width for width in widths[-2::-1] for _ in range(times)] + widths[:1] * self.g_refine
        ends = pairwise([widths[-1], *beside, channels])
        return [(kind, *pair) for kind, pair in zip(cycle(KINDS[:times]), ends, strict=False)]

    def stages(self, spec: NetSpec) -> tuple[int, list[int]]:
        """The side of the smallest map, and the channels of each stage from the image inwards."""
        side = square_side(spec, "dcgan")
        widths: list[int] = []
        while len(widths) < 2 or (side % 2 == 0 and side > 4):
            side //= 2
            widths.append(self.width << len(widths))
        return side, widths


def convolution(kind: Kind, wide: int, narrow: int, bias: bool = True) -> nn.Module:
    """One of G, which doubles the side of its map or keeps it."""
    if kind == "keep":
        return nn.Conv2d(wide, narrow, 3, 1, 1, bias=bias)
    return nn.ConvTranspose2d(wide, narrow, 4, 2, 1, bias=bias)
