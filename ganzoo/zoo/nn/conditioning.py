"""Class labels as an input of a network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganzoo.interfaces.networks import NetSpec

MAX_ONE_HOT = 64
"""Up to so many classes are one-hot; more are embedded in so many numbers."""


class LabelledLayer(nn.Module):
    """A layer that also takes labels: `forward(x, y)`."""


class Layers(nn.Sequential):
    """Layers in sequence; y is passed to those that are a `LabelledLayer`."""

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """Apply one after the other."""
        for layer in self:
            x = layer(x, y) if isinstance(layer, LabelledLayer) else layer(x)
        return x


class ConcatLabels(LabelledLayer):
    """Appends the code of y to x: as columns to (N, width), as constant planes to images (N, C, H, W).

    The code is one-hot (Mirza, Osindero 2014, section 4.1) for at most 64 classes. A plane for each of 1,000 classes
    would cost far more than the image itself, so more classes have a learned embedding of 64 numbers, as Miyato et al.
    2018 (table 6c) embed the 1,000 classes of ImageNet in 128 for D.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes
        self.codes = nn.Embedding(classes, MAX_ONE_HOT) if classes > MAX_ONE_HOT else None
        if self.codes is not None:
            nn.init.normal_(self.codes.weight, 0.0, MAX_ONE_HOT**-0.5)  # the norm of a one-hot code, on average

    def forward(self, x: Tensor, y: Tensor | None) -> Tensor:
        """x (N, F, ...) -> (N, F + width, ...)."""
        y = require_labels(y)
        code = self.codes(y) if self.codes is not None else y[:, None] == torch.arange(self.classes, device=y.device)
        code = code.to(x.dtype).reshape(*code.shape, *(1 for _ in x.shape[2:]))
        return torch.cat([x, code.expand(-1, -1, *x.shape[2:])], 1)


def label_input(spec: NetSpec) -> list[nn.Module]:
    """The layer that appends the code of y to the input; no layer where y does not enter there."""
    return [ConcatLabels(spec.classes)] if label_width(spec) else []


def label_width(spec: NetSpec) -> int:
    """How much wider `label_input` makes the input."""
    return min(spec.classes, MAX_ONE_HOT) if spec.label == "concat" else 0


def require_labels(y: Tensor | None) -> Tensor:
    """y itself. Raises `ValueError` where it is None."""
    if y is None:
        raise ValueError("this network takes labels; call it with y, (N,) int64, as its second argument")
    return y
