"""The networks of R3GAN (Huang et al. 2024, arXiv:2501.05441, section 4, Config E)."""

from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from typing import Annotated, Literal

import torch
from msgspec import Meta
from torch import nn

import ganzoo

Count = Annotated[int, Meta(ge=1)]
GAIN, SLOPE = sqrt(2 / (1 + 0.2**2)), 0.2
"""The slope of the leaky ReLU below 0, and the gain of weights with which it keeps the variance (He et al. 2015)."""
NEARLY_ZERO = 1e-6
EXPANSION, GROUP, WIDEST = 2, 16, 32
"""The inner channels of a block over its outer ones; the channels of a group; the largest side with all channels."""


@dataclass
class R3GAN:
    """x + W₃ φ(W₂ φ(W₁ x)) in both networks: 1x1, grouped 3x3 on twice the channels, 1x1, φ a leaky ReLU with bias.

    Nothing is normalised. Instead, fix-up (Zhang, Dauphin, Ma 2019) starts W₃ at 0, and W₁ and W₂ a factor L^(-1/4)
    smaller for L blocks. G starts from a learned map whose channels z scales; D ends with a convolution of each
    channel's whole map. Maps are resampled bilinearly. The smallest map is 4x4, or what remains when the side can be
    halved no more (28 pixels: 7x7). Three differences from the paper: G ends with a tanh, because images lie in
    [-1, 1]; D's heads have a bias; and W₃ starts a million times smaller than usual, not at 0, so that sn can divide by
    its norm.
    """

    width: Count = 64
    """Channels of maps up to 32 pixels, halved with each doubling beyond; 768 in the paper."""
    blocks: Count = 2
    """Residual blocks at each size; 2 in the paper."""
    cardinality: Count | Literal["auto"] = "auto"
    """Groups of the widest 3x3 convolutions (2 width channels); 96 in the paper. auto: 16 channels a group."""

    def generator(self, spec):
        """z (N, latent), y -> images (N, C, H, H) in [-1, 1]."""
        refuse_unknown(spec, "G", "concat")
        sides, widths = self.stages(spec)
        layers = self.blocks_of(widths[0], len(sides))
        for side, (before, after) in zip(sides[1:], pairwise(widths), strict=True):
            layers += [*match(before, after), Resample(side, up=True), *self.blocks_of(after, len(sides))]
        return Generator(spec, sides[0], widths, layers)

    def discriminator(self, spec):
        """Images (N, C, H, H), y -> score, features (N, width), heads."""
        refuse_unknown(spec, "D", "concat", "projection")
        sides, widths = self.stages(spec)
        layers = self.blocks_of(widths[-1], len(sides))
        for side, (before, after) in zip(sides[:0:-1], pairwise(widths[::-1]), strict=True):
            layers += [Resample(side, up=False), *match(before, after), *self.blocks_of(after, len(sides))]
        return Discriminator(spec, sides[0], widths, layers)

    def stages(self, spec):
        """The sides and the channels of the maps, from the smallest."""
        sides = [spec.shape[-1]]
        while sides[0] % 2 == 0 and sides[0] > 4:
            sides.insert(0, sides[0] // 2)
        return sides, [max(1, self.width * WIDEST // max(side, WIDEST)) for side in sides]

    def blocks_of(self, channels, sizes):
        """The blocks at one of `sizes` sizes."""
        inside = EXPANSION * channels
        return [Block(channels, inside, self.groups(inside), self.blocks * sizes) for _ in range(self.blocks)]

    def groups(self, inside):
        """The groups of a 3x3 convolution of `inside` channels."""
        if self.cardinality == "auto":
            return inside // next(size for size in range(min(GROUP, inside), inside + 1) if inside % size == 0)
        groups = max(1, self.cardinality * inside // (EXPANSION * self.width))
        if inside % groups:
            raise ganzoo.Incompatible(
                f"r3gan: {groups} groups do not divide the {inside} channels of a 3x3 convolution; take a cardinality "
                f"that divides {EXPANSION} x width, or cardinality=auto"
            )
        return groups


def refuse_unknown(spec, side, *ways):
    """Raise `Incompatible` for a shape, a way of labels or a need that the networks do not know."""
    height, width = spec.shape[-2:]
    if height != width or width % 4 or width < 8:
        raise ganzoo.Incompatible(
            f"r3gan builds square images whose side is a multiple of 4, from 8; the data is {height}x{width}; "
            "resize it, or take the architecture mlp"
        )
    if spec.classes and spec.label not in ways:
        raise ganzoo.Incompatible(
            f"r3gan gives labels to {side} by {' or '.join(ways)}, not by {spec.label!r}; leave out what asks for it"
        )
    if spec.needs:
        raise ganzoo.Incompatible(f"r3gan has no {', '.join(sorted(spec.needs))}; leave out the part that asks for it")


def scaled(layer, gain=1.0):
    """Draws weights from N(0, gain² / inputs of a unit); biases are 0 (He et al. 2015, arXiv:1502.01852, eq. 10)."""
    nn.init.normal_(layer.weight, 0.0, gain / sqrt(layer.weight[0].numel()))
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def match(before, after):
    """Layers that change the number of channels, if it changes."""
    return [] if before == after else [scaled(nn.Conv2d(before, after, 1, bias=False))]


class Block(nn.Module):
    """x + W₃ φ(W₂ φ(W₁ x)) (He et al. 2016; Xie et al. 2017; fix-up: Zhang, Dauphin, Ma 2019, arXiv:1901.09321)."""

    def __init__(self, channels, inside, groups, total):
        super().__init__()
        gain = GAIN * total ** (-1 / 4)  # L^(-1/(2m - 2)) for m = 3 layers
        self.layers = nn.Sequential(
            scaled(nn.Conv2d(channels, inside, 1), gain),
            nn.LeakyReLU(SLOPE),
            scaled(nn.Conv2d(inside, inside, 3, padding=1, groups=groups), gain),
            nn.LeakyReLU(SLOPE),
            scaled(nn.Conv2d(inside, channels, 1, bias=False), NEARLY_ZERO),
        )

    def forward(self, x):
        return x + self.layers(x)


class Resample(nn.Module):
    """Bilinear, 0 beyond the border. A x Aᵀ halves the side, with rows [1, 3, 3, 1] / 8 in A; 4 Aᵀ x A doubles it.

    These are products with a small matrix, because depthwise convolutions are several times slower on CPUs.
    """

    def __init__(self, large, up):
        super().__init__()
        distance = (2 * torch.arange(large // 2)[:, None] + 0.5 - torch.arange(large)).abs()
        half = (2 - distance).clamp(min=0) / 4
        self.register_buffer("matrix", 2 * half.T.contiguous() if up else half, persistent=False)

    def forward(self, x):
        return self.matrix @ x @ self.matrix.T


class Generator(nn.Module):
    """A learned map, whose channels are scaled by linear functions of z and y; then the layers, and tanh."""

    def __init__(self, spec, side, widths, layers):
        super().__init__()
        self.base = nn.Parameter(torch.randn(widths[0], side, side))
        self.code = scaled(nn.Linear(spec.latent, widths[0], bias=False))
        self.label = nn.Embedding(spec.classes, widths[0]) if spec.classes else None
        self.layers = nn.Sequential(*layers, scaled(nn.Conv2d(widths[-1], spec.shape[0], 1, bias=False)), nn.Tanh())

    def forward(self, z, y=None):
        scale = self.code(z) if self.label is None else self.code(z) + self.label(y)
        return self.layers(self.base * scale[:, :, None, None])


class Discriminator(nn.Module):
    """Layers and heads. `concat` appends a plane for each class; under a 1x1 convolution that is an embedding of y."""

    def __init__(self, spec, side, widths, layers):
        super().__init__()
        self.first = scaled(nn.Conv2d(spec.shape[0], widths[-1], 1, bias=False))
        concat = spec.classes and spec.label == "concat"
        self.label = nn.Embedding(spec.classes, widths[-1]) if concat else None
        whole = scaled(nn.Conv2d(widths[0], widths[0], side, groups=widths[0], bias=False))
        self.layers, self.heads = nn.Sequential(*layers, whole, nn.Flatten()), ganzoo.Heads(spec, (widths[0],))
        for head in (self.heads.score, *self.heads.heads.values()):
            scaled(head)

    def forward(self, x, y=None):
        x = self.first(x)
        if self.label is not None:
            x = x + self.label(y)[:, :, None, None]
        return self.heads(self.layers(x), y)
