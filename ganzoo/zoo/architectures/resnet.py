"""Residual networks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn

from ganzoo.interfaces.bounds import Width
from ganzoo.interfaces.networks import NetSpec
from ganzoo.zoo.nn.heads import Heads
from ganzoo.zoo.nn.labels import Layers, code_width, concat
from ganzoo.zoo.nn.norm import AutoNorm, Norm, choose_norm, norm, norm_classes
from ganzoo.zoo.nn.players import Discriminator, Generator
from ganzoo.zoo.nn.refusal import refuse_unknown, square_side
from ganzoo.zoo.nn.residual import Residual, conv

SMALL = 32
"""Pixels up to which all blocks are equally wide."""


@dataclass
class ResNet:
    """Residual networks (Miyato et al. 2018, tables 4 to 6, after Gulrajani et al. 2017).

    D halves the image by average pooling, starts with a block that needs no activation before it, and adds up the last
    map. Up to 32 px G's blocks have 4 `width` channels and D's 2 `width`, two of four halving (table 4); in larger
    images channels double from `width` beside the image to at most 16 `width`, until 4x4 (tables 5 and 6).
    """

    width: Width = 64
    """Channels beside a large image; 64 in the paper."""
    norm: AutoNorm = "none"
    """D's normalisation; auto is batch unless a term looks at each sample alone, then none."""
    g_norm: Norm = "batch"
    """G's normalisation."""

    def generator(self, spec: NetSpec) -> nn.Module:
        """z (N, latent) -> images (N, C, H, H) in [-1, 1]."""
        refuse_unknown(spec, "resnet", "g")
        side, classes = square_side(spec, "resnet"), norm_classes(self.g_norm, spec)
        base, ups = halvings(side, 7)
        widths = self.doubling(ups + 1)[::-1] if side > SMALL else [4 * self.width] * (ups + 1)
        dense = nn.Linear(spec.latent + code_width(spec), widths[0] * base * base, bias=self.g_norm != "batch")
        nn.init.xavier_uniform_(dense.weight)
        blocks = [self.up(before, after, classes) for before, after in pairwise(widths)]
        last = [norm(self.g_norm, widths[-1], 2, classes), nn.ReLU(), conv(widths[-1], spec.shape[0], 3, gain=1.0)]
        return Generator(spec, dense, nn.Unflatten(1, (widths[0], base, base)), *blocks, *last, nn.Tanh())

    def discriminator(self, spec: NetSpec) -> nn.Module:
        """Images (N, C, H, H) -> score, features, heads."""
        refuse_unknown(spec, "resnet", "d")
        side, kind = square_side(spec, "resnet"), choose_norm(self.norm, spec)
        downs = halvings(side, 4)[1] if side > SMALL else 2
        widths = self.doubling(downs + 1) if side > SMALL else [2 * self.width] * 4
        layers = [*concat(spec), first(spec.shape[0] + code_width(spec), widths[0])]
        for i, (before, after) in enumerate(pairwise(widths), start=1):
            layers += [down(before, after, kind, halve=i < downs)]
        return Discriminator(Layers(*layers, nn.ReLU(), SumPool()), Heads(spec, (widths[-1],)))

    def doubling(self, n: int) -> list[int]:
        """Channels from the image inwards."""
        return [self.width * min(2**i, 16) for i in range(n)]

    def up(self, before: int, after: int, classes: int) -> nn.Module:
        """G's block: twice the side."""
        bias, double = self.g_norm != "batch", nn.Upsample(scale_factor=2)
        layers = [norm(self.g_norm, before, 2, classes), nn.ReLU(), double, conv(before, after, 3, bias)]
        layers += [norm(self.g_norm, after, 2, classes), nn.ReLU(), conv(after, after, 3, bias)]
        return Residual(layers, [conv(before, after, 1, bias, gain=1.0), double])


class SumPool(nn.Module):
    """(N, C, H, W) -> (N, C), summed over the map."""

    def forward(self, x: Tensor) -> Tensor:
        """Sum over H and W."""
        return x.sum((2, 3))


def halvings(side: int, enough: int) -> tuple[int, int]:
    """The side after it was halved while it was even and more than `enough`, and how often."""
    n = 0
    while side % 2 == 0 and side > enough:
        side, n = side // 2, n + 1
    return side, n


def first(before: int, after: int) -> nn.Module:
    """D's block on the image itself, which needs no activation before it: half the side."""
    halve = nn.AvgPool2d(2)
    layers = [conv(before, after, 3), nn.ReLU(), conv(after, after, 3), halve]
    return Residual(layers, [halve, conv(before, after, 1, gain=1.0)])


def down(before: int, after: int, kind: str, halve: bool) -> nn.Module:
    """D's block: half the side, or the same."""
    pool = [nn.AvgPool2d(2)] if halve else []
    layers = [norm(kind, before, 2), nn.ReLU(), conv(before, before, 3, bias=kind != "batch")]
    layers += [norm(kind, before, 2), nn.ReLU(), conv(before, after, 3), *pool]
    return Residual(layers, [*pool, conv(before, after, 1, gain=1.0)] if halve or before != after else [])
