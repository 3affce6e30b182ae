"""Base classes of data sets: images, and points in the plane. A subclass gives `load`, and its fields are options."""

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


class _LazyData(ABC):
    """Splits that are loaded on first use. Not a dataclass: only the fields of a subclass are options."""

    name: str
    """The name of its component, part of a metric's protocol. Set when a recipe creates the data set."""

    @abstractmethod
    def load(self) -> tuple[Split, Split]:
        """Train and test split; called once, on first use. Raises `DataError`."""

    @cached_property
    def _splits(self) -> tuple[Split, Split]:
        return self.load()

    @property
    def train(self) -> Split:
        """The split to train on, and the reference of metrics."""
        return self._splits[0]

    @property
    def test(self) -> Split:
        """The held-out split: its score is the floor, what a perfect generator would score."""
        return self._splits[1]

    @cached_property
    def revision(self) -> str:
        """The first 12 hex digits of the sha256 of both splits: types, shapes, samples and labels."""
        digest = hashlib.sha256()
        for tensor in (tensor for split in self._splits for tensor in split if tensor is not None):
            digest.update(f"{tensor.dtype}{tuple(tensor.shape)}".encode())
            digest.update(tensor.contiguous().numpy().data)
        return digest.hexdigest()[:12]


class Images(_LazyData):
    """Images, uint8 (N, C, H, W), which networks see as [-1, 1]. H and W are at least 8.

    Metrics compare features of random convolutions, unless a subclass gives another `extractor`. Your own data set
    gives `load`. Its fields are its options; attributes that it overrides have no annotation:

        @dataclass(eq=False)
        class Leaves(ganzoo.Images):
            season: Literal["spring", "autumn"] = "autumn"
            labels = 3

            def load(self):
                train, test = read_leaves(self.season)  # uint8 (N, 1, 32, 32), and (N,) int64 from 0 to 2
                return ganzoo.Split(*train), ganzoo.Split(*test)

    `eq=False`, because data sets with equal options need not have equal data.
    """

    kind: ClassVar[str] = "image"
    labels: int = 0
    n_modes: int = 0
    prior: Tensor | None = None
    metrics: Sequence[str] = ("fid",)
    primary: str = "fid"
    resplits: int = 0
    """Where train and test are one random split of the data: the number of splits that FID's floor averages over."""

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """(C, H, W) of one image."""
        return tuple(self.train.x.shape[1:])

    @cached_property
    def n_eval(self) -> int:
        """Samples for an evaluation: three draws of the size of the test split, of at most 10,000 each."""
        return 3 * min(len(self.test.x), 10_000)

    @cached_property
    def extractor(self) -> Extractor:
        """The frozen network whose features are compared."""
        return RandConv(self.shape)

    def modes(self, x: Tensor) -> Tensor:
        """(N,) int64, all -1: modes are unknown."""
        return torch.full((len(x),), -1)

    def encode(self, x: Tensor) -> Tensor:
        """uint8 -> [-1, 1], float32."""
        return x.float().div(127.5).sub(1)

    def decode(self, x: Tensor) -> Tensor:
        """[-1, 1] -> uint8, rounded; values outside are clamped."""
        return x.float().add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)


class IdentityFeatures:
    """The extractor of points, whose features are the points themselves."""

    key = "identity"

    def __call__(self, x: Tensor) -> Tensor:
        """(N, 2) -> the same, float32 on the CPU."""
        return x.float().cpu()


class Points(_LazyData):
    """Points in the plane around known centres, float32 (N, 2), which networks see scaled to unit standard deviation.

    Your own data set gives `centres`, `sigma` and `load`; its fields are its options:

        @dataclass(eq=False)
        class Line(ganzoo.Points):
            n: Annotated[int, Meta(ge=2)] = 5
            sigma = 0.1

            @cached_property
            def centres(self):
                return torch.stack([torch.arange(self.n).float(), torch.zeros(self.n)], dim=1)

            def load(self):
                return ganzoo.Split(*self.draw(100_000, seed=0)), ganzoo.Split(*self.draw(10_000, seed=1))

    `eq=False`, because data sets with equal options need not have equal data. If the weights of the centres are not
    equal, it also gives `prior` and `scale`.
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
        """The number of centres."""
        return len(self.centres)

    @cached_property
    def labels(self) -> int:
        """The number of centres: y is the one around which a point was drawn. Write `labels = 0` for data without y."""
        return self.n_modes

    @cached_property
    def prior(self) -> Tensor:
        """(n_modes,) float64: equal weights."""
        return torch.full((self.n_modes,), 1 / self.n_modes, dtype=torch.float64)

    @cached_property
    def scale(self) -> float:
        """Standard deviation of a coordinate over the whole data, about zero."""
        return math.sqrt(self.centres.square().mean().item() + self.sigma**2)

    def draw(self, n: int, seed: int) -> tuple[Tensor, Tensor]:
        """n points of isotropic Gaussians with equal weights, (n, 2) float32, and the centre of each, (n,) int64."""
        generator = torch.Generator().manual_seed(seed)
        y = torch.randint(self.n_modes, (n,), generator=generator)
        return self.centres[y] + self.sigma * torch.randn(n, 2, generator=generator), y

    @cached_property
    def extractor(self) -> Extractor:
        """Points are compared directly."""
        return IdentityFeatures()

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
        """The data's units -> unit standard deviation, float32."""
        return x.float() / self.scale

    def decode(self, x: Tensor) -> Tensor:
        """Unit standard deviation -> the data's units, float32."""
        return x.float() * self.scale
