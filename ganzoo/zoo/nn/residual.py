"""A residual block."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt

from torch import Tensor, nn

from ganzoo.zoo.nn.labels import Labelled, Layers


class Residual(Labelled):
    """f(x) + s(x): layers beside a shortcut, which is x itself where it has no layers (He et al. 2016).

    A 1x1 convolution in the shortcut commutes with pooling and with doubling, so it stands where the map is smaller.
    """

    def __init__(self, layers: Iterable[nn.Module], shortcut: Iterable[nn.Module]) -> None:
        super().__init__()
        self.layers, self.shortcut = Layers(*layers), Layers(*shortcut)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """(N, C, H, W) -> (N, C', H', W')."""
        out: Tensor = self.layers(x, y) + self.shortcut(x, y)
        return out


def conv(before: int, after: int, size: int, bias: bool = True, gain: float = sqrt(2)) -> nn.Conv2d:
    """A convolution that keeps the side, with weights after Glorot, Bengio 2010; `gain` √2 is for a ReLU before it."""
    layer = nn.Conv2d(before, after, size, padding=size // 2, bias=bias)
    nn.init.xavier_uniform_(layer.weight, gain)
    return layer
