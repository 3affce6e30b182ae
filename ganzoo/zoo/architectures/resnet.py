"""Residual networks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

from torch import Tensor, nn

from ganzoo.interfaces.bounds import Width
from ganzoo.interfaces.networks import NetSpec
from ganzoo.zoo.nn.base_networks import Discriminator, Generator, Heads
from ganzoo.zoo.nn.checks import check_supported, square_side
from ganzoo.zoo.nn.conditioning import LabelledLayer, Layers, condition_input, condition_width
from ganzoo.zoo.nn.norm import AutoNorm, Norm, choose_norm, norm_classes, norm_layer

SMALL = 32
"""The largest side at which all blocks have the same width."""


@dataclass
class ResNet:
    """Residual networks (Miyato et al. 2018, tables 4 to 6, after Gulrajani et al. 2017).

    D halves the image by average pooling; its first block has no activation before its first convolution, and the last
    map is summed over all positions. Up to 32x32 (table 4), all blocks of G have 4 `width` channels and those of D
    2 `width`, and two of D's four blocks halve. For larger images (tables 5 and 6), the blocks next to the image have
    `width` channels, each further block twice as many up to 16 `width`, and D halves the image down to 4x4.
    """

    width: Width = 64
    """Channels of the blocks next to a large image; 64 in the paper."""
    norm: AutoNorm = "none"
    """D's normalisation; `auto` is `batch`, or `none` if a term needs D to judge each sample alone."""
    g_norm: Norm = "batch"
    """G's normalisation."""

    def generator(self, spec: NetSpec) -> nn.Module:
        """z (N, latent) -> images (N, C, H, H) in [-1, 1]."""
        check_supported(spec, "resnet", "g")
        side, classes = square_side(spec, "resnet"), norm_classes(self.g_norm, spec)
        base, ups = halvings(side, 7)
        widths = self.doubling(ups + 1)[::-1] if side > SMALL else [4 * self.width] * (ups + 1)
        dense = nn.Linear(spec.latent + condition_width(spec), widths[0] * base * base, bias=self.g_norm != "batch")
        nn.init.xavier_uniform_(dense.weight)
        blocks = [self.up_block(inputs, outputs, classes) for inputs, outputs in pairwise(widths)]
        last = [norm_layer(self.g_norm, widths[-1], 2, classes), nn.ReLU()]
        last += [conv(widths[-1], spec.shape[0], 3, gain=1.0), nn.Tanh()]
        return Generator(spec, dense, nn.Unflatten(1, (widths[0], base, base)), *blocks, *last)

    def discriminator(self, spec: NetSpec) -> nn.Module:
        """Images (N, C, H, H) -> score, features, heads."""
        check_supported(spec, "resnet", "d")
        side, kind = square_side(spec, "resnet"), choose_norm(self.norm, spec)
        downs = halvings(side, 4)[1] if side > SMALL else 2
        widths = self.doubling(downs + 1) if side > SMALL else [2 * self.width] * 4
        layers = [*condition_input(spec), first_block(spec.shape[0] + condition_width(spec, image=True), widths[0])]
        for i, (inputs, outputs) in enumerate(pairwise(widths), start=1):
            layers += [down_block(inputs, outputs, kind, halve=i < downs)]
        return Discriminator(Layers(*layers, nn.ReLU(), SumPool()), Heads(spec, (widths[-1],)))

    def doubling(self, n: int) -> list[int]:
        """Channels of n blocks from the image inwards."""
        return [self.width * min(2**i, 16) for i in range(n)]

    def up_block(self, inputs: int, outputs: int, classes: int) -> nn.Module:
        """G's block, which doubles the side."""
        bias, double = self.g_norm != "batch", nn.Upsample(scale_factor=2)
        layers = [norm_layer(self.g_norm, inputs, 2, classes), nn.ReLU(), double, conv(inputs, outputs, 3, bias)]
        layers += [norm_layer(self.g_norm, outputs, 2, classes), nn.ReLU(), conv(outputs, outputs, 3, bias)]
        return Residual(layers, [conv(inputs, outputs, 1, bias, gain=1.0), double])


class Residual(LabelledLayer):
    """f(x) + s(x): layers f and a shortcut s, which is the identity if it has no layers (He et al. 2016, equation 2).

    A 1x1 convolution in the shortcut commutes with pooling and with upsampling, so it is applied to the smaller map.
    """

    def __init__(self, layers: Iterable[nn.Module], shortcut: Iterable[nn.Module]) -> None:
        super().__init__()
        self.layers, self.shortcut = Layers(*layers), Layers(*shortcut)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """(N, C, H, W) -> (N, C', H', W')."""
        total: Tensor = self.layers(x, y) + self.shortcut(x, y)
        return total


class SumPool(nn.Module):
    """(N, C, H, W) -> (N, C), summed over H and W."""

    def forward(self, x: Tensor) -> Tensor:
        """Sum over H and W."""
        return x.sum((2, 3))


def halvings(side: int, limit: int) -> tuple[int, int]:
    """Halve a side while it is even and above `limit`: the side that remains, and the number of halvings."""
    n = 0
    while side % 2 == 0 and side > limit:
        side, n = side // 2, n + 1
    return side, n


def conv(inputs: int, outputs: int, size: int, bias: bool = True, gain: float = sqrt(2)) -> nn.Conv2d:
    """A convolution that keeps the side, initialised after Glorot, Bengio 2010; `gain` √2 is for a ReLU before it."""
    layer = nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=bias)
    nn.init.xavier_uniform_(layer.weight, gain)
    return layer


def first_block(inputs: int, outputs: int) -> nn.Module:
    """D's first block, without an activation before its first convolution; it halves the side."""
    halve = nn.AvgPool2d(2)
    layers = [conv(inputs, outputs, 3), nn.ReLU(), conv(outputs, outputs, 3), halve]
    return Residual(layers, [halve, conv(inputs, outputs, 1, gain=1.0)])


def down_block(inputs: int, outputs: int, kind: str, halve: bool) -> nn.Module:
    """D's other blocks, which halve or keep the side."""
    pool = [nn.AvgPool2d(2)] if halve else []
    layers = [norm_layer(kind, inputs, 2), nn.ReLU(), conv(inputs, inputs, 3, bias=kind != "batch")]
    layers += [norm_layer(kind, inputs, 2), nn.ReLU(), conv(inputs, outputs, 3), *pool]
    return Residual(layers, [*pool, conv(inputs, outputs, 1, gain=1.0)] if halve or inputs != outputs else [])
