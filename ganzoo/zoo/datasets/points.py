"""The base class of points in the plane."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from ganzoo.zoo.datasets.base import Data
from ganzoo.zoo.datasets.number_table import read_table, write_table

if TYPE_CHECKING:
    from PIL.Image import Image


class Points(Data):
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
    suffixes: Sequence[str] = (".csv",)
    n_eval: int = 2_500
    sigma: float
    """Standard deviation of each coordinate around a centre."""
    centres: Tensor
    """(n_modes, 2) float32."""

    @cached_property
    def n_modes(self) -> int:  # type: ignore[override]
        """The number of centres."""
        return len(self.centres)

    @cached_property
    def labels(self) -> int:  # type: ignore[override]
        """The number of centres: y is the one around which a point was drawn. Write `labels = 0` for data without y."""
        return self.n_modes

    @cached_property
    def prior(self) -> Tensor:  # type: ignore[override]
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
        return self.centres[y] + self.sigma * torch.randn(n, 2, generator=generator, dtype=torch.float32), y

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

    def picture(self, samples: Tensor, given: Tensor | None = None) -> Image | None:
        """Points over the modes of the data, or paths; none if the space has more than two dimensions."""
        from ganzoo.plots.scatter import draw_points, draw_walks
        from ganzoo.plots.theme import render

        if self.shape != (2,):
            return None
        draw = draw_walks if samples.dim() == 3 else draw_points
        return render(draw(samples, self))  # type: ignore[arg-type]

    def write(self, samples: Tensor, path: Path) -> None:
        """(N, D) as rows of numbers with commas between them, below the names of the coordinates, x and y."""
        width = samples.shape[1]
        write_table(path, samples, ["x", "y"] if width == 2 else [f"x{i}" for i in range(1, width + 1)])

    def read(self, path: Path) -> Tensor:
        """Rows of numbers, with or without names above them, as float32 (N, D)."""
        return read_table(path)
