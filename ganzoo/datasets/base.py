"""What images share, and what points share. A data set gives `_load`, and fields for its options."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor

from ganzoo.data import Extractor, Split
from ganzoo.judges.randconv import RandConv


class _Loaded(ABC):
    """Splits that are read when first asked for. Attributes, not fields: a subclass's fields are its options."""

    name: str
    """As its component is called; part of a metric's protocol."""
    labels: int = 0
    n_modes: int = 0
    prior: Tensor | None = None

    @abstractmethod
    def _load(self) -> tuple[Split, Split]:
        """Train and test. Raises `DataError`."""

    @cached_property
    def _splits(self) -> tuple[Split, Split]:
        return self._load()

    @property
    def train(self) -> Split:
        """What networks learn from, and what metrics compare with."""
        return self._splits[0]

    @property
    def test(self) -> Split:
        """Held out: what a perfect generator scores is measured with it."""
        return self._splits[1]

    @cached_property
    def revision(self) -> str:
        """The first 12 hex digits of the sha256 of both splits: types, shapes, samples and labels."""
        digest = hashlib.sha256()
        for part in (part for split in self._splits for part in split if part is not None):
            digest.update(f"{part.dtype}{tuple(part.shape)}".encode())
            digest.update(part.contiguous().numpy().data)
        return digest.hexdigest()[:12]


class Images(_Loaded):
    """uint8 (N, C, H, W), which networks see as [-1, 1]. Compared by random convolutions where there is no judge."""

    kind: ClassVar[str] = "image"
    metrics: Sequence[str] = ("fid",)
    primary: str = "fid"

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """(C, H, W) of one image."""
        return tuple(self.train.x.shape[1:])

    @cached_property
    def n_eval(self) -> int:
        """Three draws as large as the test split, of at most 10,000 each."""
        return 3 * min(len(self.test.x), 10_000)

    @cached_property
    def extractor(self) -> Extractor:
        """The frozen network that compares images."""
        return RandConv(self.shape)

    def modes(self, x: Tensor) -> Tensor:
        """(N,) int64, all -1: no mode is known."""
        return torch.full((len(x),), -1)

    def encode(self, x: Tensor) -> Tensor:
        """uint8 -> [-1, 1], float32."""
        return x.float().div(127.5).sub(1)

    def decode(self, x: Tensor) -> Tensor:
        """[-1, 1] -> uint8, rounded; what lies beyond is clamped."""
        return x.float().add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)


class Identity:
    """Points are their own features."""

    key = "identity"

    def __call__(self, x: Tensor) -> Tensor:
        """(N, 2) -> the same, float32 on the CPU."""
        return x.float().cpu()


class Points(_Loaded):
    """float32 (N, 2) in the plane, around known centres. Networks see them scaled to unit spread."""

    kind: ClassVar[str] = "points"
    shape: tuple[int, ...] = (2,)
    metrics: Sequence[str] = ("modes", "hq")
    primary: str = "kl"
    n_eval: int = 2_500
    sigma: float
    """Standard deviation of each coordinate around a centre."""
    scale: float
    """Standard deviation of each coordinate over the whole data."""
    centres: Tensor
    """(n_modes, 2) float32."""

    @cached_property
    def extractor(self) -> Extractor:
        """Points are compared as they are."""
        return Identity()

    def nearest(self, x: Tensor) -> Tensor:
        """(N, 2) -> (N,) int64: the nearest centre of each point, -1 for one that is not finite."""
        x = x.float().cpu()
        index = torch.cdist(x, self.centres).argmin(1)
        return index.where(x.isfinite().all(1), -1)

    def modes(self, x: Tensor) -> Tensor:
        """(N, 2) -> (N,) int64: the nearest centre if it is within 3 sigma, else -1."""
        index = self.nearest(x)
        near = (x.float().cpu() - self.centres[index]).norm(dim=1) <= 3 * self.sigma
        return index.where(near, -1)

    def encode(self, x: Tensor) -> Tensor:
        """The plane -> unit spread, float32."""
        return x.float() / self.scale

    def decode(self, x: Tensor) -> Tensor:
        """Unit spread -> the plane, float32."""
        return x.float() * self.scale
