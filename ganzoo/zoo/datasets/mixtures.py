"""Mixtures of Gaussians in the plane: separate ones with PacGAN's constants, and overlapping ones along curves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from ganzoo.interfaces.datasets import Split
from ganzoo.support.seeds import seed_of
from ganzoo.zoo.datasets.points import Points


class Mixture(Points):
    """Isotropic Gaussians around `centres`, with equal weights; 100,000 points to train, 10,000 to test."""

    def load(self) -> tuple[Split, Split]:
        """Points drawn with seeds that depend on the name of the data set."""
        train, test = (seed_of(self.name, split) for split in ("train", "test"))
        return Split(*self.draw(100_000, train)), Split(*self.draw(10_000, test))


def _circle(n: int) -> Tensor:
    angle = torch.arange(n, dtype=torch.float32) * (2 * math.pi / n)
    return torch.stack([angle.cos(), angle.sin()], dim=1)


@dataclass(eq=False)
class Ring(Mixture):
    """8 modes on the unit circle, sigma 0.01 (Lin et al. 2018, arXiv:1712.04086)."""

    name = "ring8"
    sigma = 0.01
    centres = _circle(8)


@dataclass(eq=False)
class Grid25(Mixture):
    """25 modes on a 5 x 5 grid of step 2, sigma 0.05 (Lin et al. 2018, arXiv:1712.04086)."""

    name = "grid25"
    sigma = 0.05
    centres = torch.cartesian_prod(*[torch.arange(-4, 5, 2, dtype=torch.float32)] * 2)


class CurveMixture(Mixture):
    """Gaussians along `arms` curves, two sigma from one centre to the next, so that their density is nearly constant.

    Each Gaussian is a mode, and a sample belongs to the nearest centre; the weights of these regions are equal within
    2 %. Neighbours overlap, so more than 98.89 % of true samples are within 3 sigma of a centre: the score
    `hq@3sigma.floor` measures how many. Labels are the arms, if there are several.
    """

    arms: ClassVar[int] = 1

    @cached_property
    def labels(self) -> int:  # type: ignore[override]
        """The number of arms; 0 for a single one."""
        return self.arms if self.arms > 1 else 0

    @cached_property
    def sigma(self) -> float:  # type: ignore[override]
        """Half the distance between neighbouring centres."""
        return torch.dist(self.centres[0], self.centres[1]).item() / 2

    def load(self) -> tuple[Split, Split]:
        """As in any mixture, with arms as labels."""
        train, test = (Split(x, self._arm(centre)) for x, centre, *_ in super().load())
        return train, test

    def _arm(self, centre: Tensor | None) -> Tensor | None:
        return None if centre is None or not self.labels else centre * self.arms // self.n_modes


def _equidistant(x: Tensor, y: Tensor, n: int) -> Tensor:
    """`n` points (n, 2) at equal distances along the polygon with these corners, ends included."""
    lengths = torch.hypot(x.diff(), y.diff()).cumsum(0).numpy()
    lengths = np.concatenate([[0.0], lengths])
    positions = np.linspace(0, lengths[-1], n)
    return torch.tensor(np.stack([np.interp(positions, lengths, part.numpy()) for part in (x, y)], axis=1)).float()


def _archimedean(start: float, end: float, n: int) -> Tensor:
    """`n` points along the spiral (t cos t, t sin t) / end, t from start to end."""
    t = torch.linspace(start, end, 5_000, dtype=torch.float64)
    return _equidistant(t * t.cos() / end, t * t.sin() / end, n)


def _with_rotated(arm: Tensor) -> Tensor:
    """An arm, and its rotation by pi about the origin."""
    return torch.cat([arm, -arm])


@dataclass(eq=False)
class Spiral(CurveMixture):
    """Two spiral arms about the origin, t from pi/2 to 3 pi, with 50 modes each."""

    name = "spiral"
    arms = 2
    centres = _with_rotated(_archimedean(math.pi / 2, 3 * math.pi, 50))


@dataclass(eq=False)
class SwissRoll(CurveMixture):
    """The Swiss roll of WGAN-GP's toy data (Gulrajani et al. 2017), from scikit-learn: t from 3/2 pi to 9/2 pi.

    Here points are uniform along the curve, there in t.
    """

    name = "swissroll"
    centres = _archimedean(1.5 * math.pi, 4.5 * math.pi, 100)


def _half_circle(n: int) -> Tensor:
    angle = torch.linspace(0, math.pi, n, dtype=torch.float32)
    return torch.stack([angle.cos() - 0.5, angle.sin() - 0.25], dim=1)


@dataclass(eq=False)
class Moons(CurveMixture):
    """Two interleaving half circles with 50 modes each, as scikit-learn's, but centred on the origin."""

    name = "moons"
    arms = 2
    centres = _with_rotated(_half_circle(50))
