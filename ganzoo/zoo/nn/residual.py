"""Residual blocks."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt

from torch import Tensor, nn

from ganzoo.zoo.nn.conditioning import LabelledLayer, Layers


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


def conv(inputs: int, outputs: int, size: int, bias: bool = True, gain: float = sqrt(2)) -> nn.Conv2d:
    """A convolution that keeps the side, initialised after Glorot, Bengio 2010; `gain` √2 is for a ReLU before it."""
    layer = nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=bias)
    nn.init.xavier_uniform_(layer.weight, gain)
    return layer
