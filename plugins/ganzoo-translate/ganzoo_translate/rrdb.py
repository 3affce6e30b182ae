"""The generator of ESRGAN."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import interpolate, leaky_relu

import ganzoo
from ganzoo_translate.translator import Count, TranslatingG, Translator, size

SCALE, SLOPE = 0.2, 0.2
"""Factor of each residual (β in the paper), and the slope of the leaky ReLU below 0."""


@dataclass
class RRDB(Translator):
    """G: residual-in-residual dense blocks, then doublings (ESRGAN, Wang et al. 2018, section 3.1).

    Nothing is normalised in G. z is ignored. Images become larger by the factor of the shapes that the data has, a
    whole number, or keep their size: doublings by nearest neighbours, each with a convolution, and at last a factor
    that is odd. It takes images of any size. One difference from the paper: a tanh ends G, because images lie in
    [-1, 1].
    """

    blocks: Count = 23
    """Residual-in-residual blocks; 23 in the paper."""
    growth: Count = 32
    """Channels that each convolution in a dense block adds."""

    def generator(self, spec):
        """(z, y, given (N, C', H, W)) -> (N, C, k H, k W)."""
        self.check(spec, "rrdb")
        (high, wide), (height, width) = spec.source[1:], spec.shape[1:]
        factor = height // high
        if not factor or (factor * high, factor * wide) != (height, width):
            raise ganzoo.Incompatible(
                f"rrdb enlarges images by a whole number, but here {size(spec.source)} is given for "
                f"{size(spec.shape)}; use data whose sizes have a whole factor, such as @degrade:mnist,how=x2"
            )
        return RRDBG(spec, self.width, self.blocks, self.growth, factors(factor), self.keep, self.residual)


def factors(factor):
    """A factor as twos and what is left: 12 -> [2, 2, 3]."""
    found = []
    while factor % 2 == 0:
        found, factor = [*found, 2], factor // 2
    return [*found, factor] if factor > 1 else found


def conv(inputs, outputs, gain=1.0):
    """3x3. He et al. 2015's weights times a gain: 0.1 in residual blocks (Wang et al. 2018, section 3.1)."""
    layer = nn.Conv2d(inputs, outputs, 3, 1, 1)
    nn.init.kaiming_normal_(layer.weight, SLOPE)
    with torch.no_grad():
        layer.weight *= gain
    nn.init.zeros_(layer.bias)
    return layer


class DenseBlock(nn.Module):
    """x + β f(x): five convolutions, each of everything before it."""

    def __init__(self, channels, growth):
        super().__init__()
        outputs = [growth] * 4 + [channels]
        self.convs = nn.ModuleList([conv(channels + i * growth, n, 0.1) for i, n in enumerate(outputs)])

    def forward(self, x):
        maps = [x]
        for layer in self.convs[:-1]:
            maps.append(leaky_relu(layer(torch.cat(maps, 1)), SLOPE))
        return x + SCALE * self.convs[-1](torch.cat(maps, 1))


class ResidualInResidual(nn.Module):
    """x + β f(x), f three dense blocks."""

    def __init__(self, channels, growth):
        super().__init__()
        self.blocks = nn.Sequential(*(DenseBlock(channels, growth) for _ in range(3)))

    def forward(self, x):
        return x + SCALE * self.blocks(x)


class RRDBG(TranslatingG):
    """A convolution, blocks around which it is added again, doublings, two convolutions."""

    def __init__(self, spec, width, blocks, growth, factors, keep, residual):
        super().__init__(keep, 1, residual)
        self.first, self.factors = conv(spec.given[0], width), factors
        self.blocks = nn.ModuleList([ResidualInResidual(width, growth) for _ in range(blocks)])
        self.after = conv(width, width)
        self.larger = nn.ModuleList([conv(width, width) for _ in factors])
        self.refine, self.last = conv(width, width), conv(width, spec.shape[0], 0.1)

    def translate(self, z, given):
        first = x = self.first(given)
        for block in self.blocks:
            x = block(x)
        x = first + self.after(x)
        for factor, layer in zip(self.factors, self.larger, strict=True):
            x = leaky_relu(layer(interpolate(x, scale_factor=factor)), SLOPE)
        return self.last(leaky_relu(self.refine(x), SLOPE))

    def features(self, given):
        """Five maps at most: the image, the first convolution, and three of the blocks."""
        maps = [given, self.first(given)]
        for block in self.blocks:
            maps.append(block(maps[-1]))
        last = len(maps) - 1
        return [maps[i] for i in sorted({0, 1, 2, (2 + last) // 2, last})]
