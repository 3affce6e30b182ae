"""How labels enter a network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganzoo.interfaces.networks import NetSpec

WIDEST = 64
"""Classes that are written out as one-hot codes; more of them get learned codes of so many numbers."""


class Labelled(nn.Module):
    """A layer that takes labels too: `forward(x, y)`."""


class Layers(nn.Sequential):
    """Layers in a row, of which those that are `Labelled` are also given y."""

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """One after the other."""
        for layer in self:
            x = layer(x, y) if isinstance(layer, Labelled) else layer(x)
        return x


class Concat(Labelled):
    """The code of y behind x: columns (N, width) behind columns, constant planes behind images (N, C, H, W).

    One-hot (Mirza, Osindero 2014, section 4.1) for at most 64 classes. A plane for each of 1,000 would cost far more
    than the image itself, so that more classes share learned codes of 64 numbers, as Miyato et al. 2018 (table 6c) give
    D 128 for the 1,000 classes of ImageNet.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes
        self.codes = nn.Embedding(classes, WIDEST) if classes > WIDEST else None
        if self.codes is not None:
            nn.init.normal_(self.codes.weight, 0.0, WIDEST**-0.5)  # as long as a one-hot code, on average

    def forward(self, x: Tensor, y: Tensor | None) -> Tensor:
        """x (N, F, ...) -> (N, F + width, ...)."""
        y = given(y)
        code = self.codes(y) if self.codes is not None else y[:, None] == torch.arange(self.classes, device=y.device)
        code = code.to(x.dtype).reshape(*code.shape, *(1 for _ in x.shape[2:]))
        return torch.cat([x, code.expand(-1, -1, *x.shape[2:])], 1)


def concat(spec: NetSpec) -> list[nn.Module]:
    """The layer that puts the code of y behind the input; none where y does not enter there."""
    return [Concat(spec.classes)] if code_width(spec) else []


def code_width(spec: NetSpec) -> int:
    """What `concat` adds to the width of the input."""
    return min(spec.classes, WIDEST) if spec.label == "concat" else 0


def given(y: Tensor | None) -> Tensor:
    """The labels. Raises `ValueError` where there are none."""
    if y is None:
        raise ValueError("this network takes labels; call it with y, (N,) int64, as its second argument")
    return y
