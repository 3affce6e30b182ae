"""Deep convolutional networks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, pairwise
from typing import Literal

from torch import nn

from ganzoo.interfaces.bounds import Width
from ganzoo.interfaces.networks import NetSpec
from ganzoo.zoo.nn.base_networks import Discriminator, Generator, Heads, init_normal
from ganzoo.zoo.nn.checks import check_supported, square_side
from ganzoo.zoo.nn.conditioning import Layers, condition_input, condition_width
from ganzoo.zoo.nn.norm import AutoNorm, Norm, choose_norm, norm_classes, norm_layer

Resampling = Literal["double", "keep"]
RESAMPLINGS: tuple[Resampling, Resampling] = ("double", "keep")
"""What a convolution of G does to the side of its map; the second only with `g_refine`."""


@dataclass
class DCGAN:
    """Strided 4x4 convolutions without pooling (Radford, Metz, Chintala 2016, section 3).

    D halves the image at least twice, and until its side is odd or at most 4: a 64x64 image ends as 4x4, as in the
    paper, an 8x8 image as 2x2. Its first layer has `width` channels, each further layer twice as many. G is the mirror
    image of D. With `g_refine` G has two layers at each size, as in Karras et al. 2018 (arXiv:1710.10196, table 2),
    the last at the image's own size with `width` channels, as in Miyato et al. 2018 (arXiv:1802.05957, table 3).
    """

    width: Width = 64
    """Channels of the layer next to the image."""
    norm: AutoNorm = "auto"
    """D's normalisation; `auto` is `batch`, or `none` if a term needs D to judge each sample alone."""
    g_norm: Norm = "batch"
    """G's normalisation."""
    g_refine: bool = False
    """Follow each upsampling convolution of G by a 3x3 convolution; the last of these outputs the image."""

    def generator(self, spec: NetSpec) -> nn.Module:
        """z (N, latent) -> images (N, C, H, H) in [-1, 1]."""
        check_supported(spec, "dcgan", "g")
        base, widths = self.stages(spec)
        top, bias, classes = widths[-1], self.g_norm != "batch", norm_classes(self.g_norm, spec)
        # activations overwrite what they are given: nothing else needs it, and the memory is not touched once more
        layers: list[nn.Module] = [nn.Linear(spec.latent + condition_width(spec), top * base * base, bias=bias)]
        layers += [nn.Unflatten(1, (top, base, base)), norm_layer(self.g_norm, top, 2, classes), nn.ReLU(inplace=True)]
        *inner, last = self.upsampling(widths, spec.shape[0])
        for resampling, inputs, outputs in inner:
            layers += [g_convolution(resampling, inputs, outputs, bias)]
            layers += [norm_layer(self.g_norm, outputs, 2, classes), nn.ReLU(inplace=True)]
        return init_normal(Generator(spec, *layers, g_convolution(*last), nn.Tanh()))

    def discriminator(self, spec: NetSpec) -> nn.Module:
        """Images (N, C, H, H) -> score, features, heads."""
        check_supported(spec, "dcgan", "d")
        base, widths = self.stages(spec)
        kind, channels = choose_norm(self.norm, spec), spec.shape[0] + condition_width(spec, image=True)
        layers = [*condition_input(spec), nn.Conv2d(channels, widths[0], 4, 2, 1), nn.LeakyReLU(0.2, inplace=True)]
        for inputs, outputs in pairwise(widths):
            layers += [nn.Conv2d(inputs, outputs, 4, 2, 1, bias=kind != "batch")]
            layers += [norm_layer(kind, outputs, 2), nn.LeakyReLU(0.2, inplace=True)]
        return init_normal(Discriminator(Layers(*layers), Heads(spec, (widths[-1], base, base))))

    def upsampling(self, widths: list[int], channels: int) -> list[tuple[Resampling, int, int]]:
        """G's convolutions from the smallest map to the image: resampling, input and output channels."""
        repeats = 1 + self.g_refine
        inner = [width for width in widths[-2::-1] for _ in range(repeats)] + widths[:1] * self.g_refine
        ends = pairwise([widths[-1], *inner, channels])
        return [(kind, *pair) for kind, pair in zip(cycle(RESAMPLINGS[:repeats]), ends, strict=False)]

    def stages(self, spec: NetSpec) -> tuple[int, list[int]]:
        """The side of the smallest map, and D's channels at each size from the image inwards."""
        side = square_side(spec, "dcgan")
        widths: list[int] = []
        while len(widths) < 2 or (side % 2 == 0 and side > 4):
            side //= 2
            widths.append(self.width << len(widths))
        return side, widths


def g_convolution(resampling: Resampling, inputs: int, outputs: int, bias: bool = True) -> nn.Module:
    """A convolution that doubles or keeps the side of its map."""
    if resampling == "keep":
        return nn.Conv2d(inputs, outputs, 3, 1, 1, bias=bias)
    return nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=bias)
