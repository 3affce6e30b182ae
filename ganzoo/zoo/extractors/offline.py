"""Extractors that need no download: the data's own, random convolutions, principal components of pixels."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ganzoo.interfaces.bounds import Count
from ganzoo.interfaces.datasets import Dataset, Extractor
from ganzoo.support.errors import Incompatible
from ganzoo.zoo.judges.randconv import RandConv

BATCH = 4_096


@dataclass
class OwnExtractor:
    """The data set's own extractor: its judge, or random convolutions if it has none. Points are compared directly."""

    def __call__(self, data: Dataset) -> Extractor:
        """`data.extractor`."""
        return data.extractor


@dataclass
class RandomConvolutions:
    """Convolutions with fixed random weights, which know no labels: a second opinion besides a judge."""

    def __call__(self, data: Dataset) -> Extractor:
        """Raises `Incompatible` for anything but images."""
        return RandConv(require_images("randconv", data).shape)


@dataclass
class Pixels:
    """Principal components of the pixels of the train split, scaled to [0, 1] (Pearson 1901)."""

    k: Count = 64
    """The number of components; at most the number of values in an image."""

    def __call__(self, data: Dataset) -> Extractor:
        """Raises `Incompatible` for anything but images."""
        return PrincipalComponents(require_images("pixels", data).train.x, self.k, data.revision)


class PrincipalComponents:
    """Projection onto the `k` principal components of `x`, uint8 (N, C, H, W). Their signs do not matter."""

    def __init__(self, x: Tensor, k: int, revision: str) -> None:
        total = sum(flat(part).sum(0) for part in torch.split(x, BATCH))
        assert isinstance(total, Tensor)
        self.mean = total / len(x)
        scatter = sum((centred := flat(part) - self.mean).T @ centred for part in torch.split(x, BATCH))
        assert isinstance(scatter, Tensor)
        _, vectors = torch.linalg.eigh(scatter)
        self.axes = vectors.flip(1)[:, :k]
        self.key = f"pixels-v1-{self.axes.shape[1]}@{revision[:8]}"

    def __call__(self, x: Tensor) -> Tensor:
        """uint8 (N, C, H, W) -> (N, k) float32."""
        return torch.cat([((flat(part) - self.mean) @ self.axes).float() for part in torch.split(x, BATCH)])


def flat(x: Tensor) -> Tensor:
    """uint8 (N, ...) -> (N, D) float64 in [0, 1]."""
    return x.flatten(1).double() / 255


def require_images(name: str, data: Dataset) -> Dataset:
    """`data` itself. Raises `Incompatible` unless it is images."""
    if data.kind != "image":
        raise Incompatible(f"the extractor {name} takes images, but {data.name} is {data.kind}; take judge")
    return data
