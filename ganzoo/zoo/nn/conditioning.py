"""What a network is conditioned on, as an input: class labels, and what the data gives with a sample."""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from ganzoo.interfaces.networks import NetSpec

MAX_ONE_HOT = 64
"""Up to so many classes are one-hot; more are embedded in so many numbers."""


class LabelledLayer(nn.Module):
    """A layer that also takes labels: `forward(x, y)`."""


class Layers(nn.Sequential):
    """Layers in sequence; y is passed to each `LabelledLayer`, and what is given to each `ConcatGiven`."""

    def forward(self, x: Tensor, y: Tensor | None = None, given: Tensor | None = None) -> Tensor:
        """Apply one after the other."""
        for layer in self:
            if isinstance(layer, LabelledLayer):
                x = layer(x, y)
            else:
                x = layer(x, given) if isinstance(layer, ConcatGiven) else layer(x)
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


class ConcatGiven(nn.Module):
    """Appends what is given to x: as columns to (N, width); to images (N, C, H, W) as channels of their size.

    An image of another size is resized to the nearest pixels; a vector becomes constant planes.
    """

    def forward(self, x: Tensor, given: Tensor | None) -> Tensor:
        """x (N, F, ...) -> (N, F + width, ...). Raises `ValueError` where nothing is given."""
        if given is None:
            raise ValueError("this network takes what is given with a sample; call it with that as its third argument")
        if x.dim() == 2:
            return torch.cat([x, given.flatten(1).to(x.dtype)], 1)
        planes = given if given.dim() == x.dim() else given.flatten(1)[..., None, None]
        return torch.cat([x, interpolate(planes.to(x.dtype), x.shape[2:])], 1)


def condition_input(spec: NetSpec) -> list[nn.Module]:
    """The layers that append the code of y, and what is given, to the input; none where neither enters there."""
    labels: list[nn.Module] = [ConcatLabels(spec.classes)] if spec.classes and spec.label == "concat" else []
    return [*labels, *([ConcatGiven()] if spec.given else [])]


def condition_width(spec: NetSpec, image: bool = False) -> int:
    """How much wider `condition_input` makes the input: by columns, or by channels of an image."""
    labels = min(spec.classes, MAX_ONE_HOT) if spec.label == "concat" else 0
    given = spec.given or (0,)
    return labels + (given[0] if image and len(given) == 3 else prod(given))


def require_labels(y: Tensor | None) -> Tensor:
    """y itself. Raises `ValueError` where it is None."""
    if y is None:
        raise ValueError("this network takes labels; call it with y, (N,) int64, as its second argument")
    return y
