"""What images share, and what points share. A data set gives `load`, and fields for its options."""

from __future__ import annotations

import hashlib
import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor

from ganzoo.interfaces.datasets import Extractor, Split
from ganzoo.zoo.judges.randconv import RandConv


class _Loaded(ABC):
    """Splits that are read when first asked for. Attributes, not fields: a subclass's fields are its options."""

    name: str
    """As its component is called; part of a metric's protocol. Set when a recipe makes it."""

    @abstractmethod
    def load(self) -> tuple[Split, Split]:
        """Train and test, read once, when first asked for. Raises `DataError`."""

    @cached_property
    def _splits(self) -> tuple[Split, Split]:
        return self.load()

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
    """uint8 (N, C, H, W), which networks see as [-1, 1]. Compared by random convolutions where there is no judge.

    A data set of your own gives `load`; its fields are its options, and what it overrides has no annotation:

        @dataclass(eq=False)
        class Leaves(ganzoo.Images):
            season: Literal["spring", "autumn"] = "autumn"
            labels = 3

            def load(self):
                train, test = read(self.season)  # uint8 (N, 1, 32, 32), and (N,) int64 from 0 to 2
                return ganzoo.Split(*train), ganzoo.Split(*test)

    `eq=False`, because data sets with the same options need not be the same data. H and W are at least 8.
    """

    kind: ClassVar[str] = "image"
    labels: int = 0
    n_modes: int = 0
    prior: Tensor | None = None
    metrics: Sequence[str] = ("fid",)
    primary: str = "fid"
    resplits: int = 0
    """Where train and test are one random partition among many: of how many FID's floor is the mean; else 0."""

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
    """float32 (N, 2) in the plane, around known centres. Networks see them scaled to unit spread.

    A data set of your own gives `centres`, `sigma` and `load`; its fields are its options:

        @dataclass(eq=False)
        class Line(ganzoo.Points):
            n: Annotated[int, Meta(ge=2)] = 5
            sigma = 0.1

            @cached_property
            def centres(self):
                return torch.stack([torch.arange(self.n).float(), torch.zeros(self.n)], dim=1)

            def load(self):
                return ganzoo.Split(*self.draw(100_000, seed=0)), ganzoo.Split(*self.draw(10_000, seed=1))

    `eq=False`, because data sets with the same options need not be the same data. Where centres have unequal shares, it
    also gives `prior` and `scale`.
    """

    kind: ClassVar[str] = "points"
    shape: tuple[int, ...] = (2,)
    metrics: Sequence[str] = ("modes", "hq")
    primary: str = "kl"
    n_eval: int = 2_500
    sigma: float
    """Standard deviation of each coordinate around a centre."""
    centres: Tensor
    """(n_modes, 2) float32."""

    @cached_property
    def n_modes(self) -> int:
        """One for each centre."""
        return len(self.centres)

    @cached_property
    def labels(self) -> int:
        """As many: y is the centre that a point was drawn around. Write `labels = 0` for data without y."""
        return self.n_modes

    @cached_property
    def prior(self) -> Tensor:
        """(n_modes,) float64: equal shares."""
        return torch.full((self.n_modes,), 1 / self.n_modes, dtype=torch.float64)

    @cached_property
    def scale(self) -> float:
        """Standard deviation of each coordinate over the whole data, about zero."""
        return math.sqrt(self.centres.square().mean().item() + self.sigma**2)

    def draw(self, n: int, seed: int) -> tuple[Tensor, Tensor]:
        """Points (n, 2) float32 of round Gaussians around the centres, in equal shares, and the centre of each (n,)."""
        generator = torch.Generator().manual_seed(seed)
        y = torch.randint(self.n_modes, (n,), generator=generator)
        return self.centres[y] + self.sigma * torch.randn(n, 2, generator=generator), y

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
