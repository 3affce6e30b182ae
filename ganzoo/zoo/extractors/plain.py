"""Extractors without a file of weights: the data's own, random convolutions, principal components of pixels."""

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
class Own:
    """What the data set brings: its judge, random convolutions where it has none, nothing for points."""

    def __call__(self, data: Dataset) -> Extractor:
        """`data.extractor`."""
        return data.extractor


@dataclass
class Random:
    """Convolutions with fixed random weights, which know no labels: a second opinion beside a judge."""

    def __call__(self, data: Dataset) -> Extractor:
        """Raises `Incompatible` for anything but images."""
        return RandConv(images("randconv", data).shape)


@dataclass
class Pixels:
    """Principal components of the train split's pixels, in [0, 1]: what a linear eye sees (Pearson 1901)."""

    k: Count = 64
    """Components, or as many as there are numbers in an image."""

    def __call__(self, data: Dataset) -> Extractor:
        """Raises `Incompatible` for anything but images."""
        return Components(images("pixels", data).train.x, self.k, data.revision)


class Components:
    """Projects on the `k` directions in which `x`, uint8 (N, C, H, W), varies most. Their signs do not matter."""

    def __init__(self, x: Tensor, k: int, revision: str) -> None:
        total = sum(flat(part).sum(0) for part in torch.split(x, BATCH))
        assert isinstance(total, Tensor)
        self.mean = total / len(x)
        gram = sum((c := flat(part) - self.mean).T @ c for part in torch.split(x, BATCH))
        assert isinstance(gram, Tensor)
        _, vectors = torch.linalg.eigh(gram)
        self.axes = vectors.flip(1)[:, :k]
        self.key = f"pixels-v1-{self.axes.shape[1]}@{revision[:8]}"

    def __call__(self, x: Tensor) -> Tensor:
        """uint8 (N, C, H, W) -> (N, k) float32."""
        return torch.cat([((flat(part) - self.mean) @ self.axes).float() for part in torch.split(x, BATCH)])


def flat(x: Tensor) -> Tensor:
    """uint8 (N, ...) -> (N, D) float64 in [0, 1]."""
    return x.flatten(1).double() / 255


def images(name: str, data: Dataset) -> Dataset:
    """The data, if they are images. Raises `Incompatible`."""
    if data.kind != "image":
        raise Incompatible(f"the extractor {name} looks at images, and {data.name} is {data.kind}; leave it out")
    return data
