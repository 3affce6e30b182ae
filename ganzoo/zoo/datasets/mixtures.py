"""Mixtures of Gaussians in the plane: apart, with PacGAN's constants, and close together along curves."""

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
from ganzoo.zoo.datasets.base import Points


class Mixture(Points):
    """Equal shares of round Gaussians around `centres`; 100,000 points to train, 10,000 to test."""

    def load(self) -> tuple[Split, Split]:
        """Drawn with seeds that its name decides."""
        train, test = (seed_of(self.name, split) for split in ("train", "test"))
        return Split(*self.draw(100_000, train)), Split(*self.draw(10_000, test))


def _circle(n: int) -> Tensor:
    angle = torch.arange(n) * (2 * math.pi / n)
    return torch.stack([angle.cos(), angle.sin()], dim=1)


@dataclass(eq=False)
class Ring(Mixture):
    """8 modes on the unit circle, sigma 0.01 (Lin et al. 2018, arXiv:1712.04086)."""

    name = "ring8"
    sigma = 0.01
    centres = _circle(8)


@dataclass(eq=False)
class Grid(Mixture):
    """25 modes on a 5 x 5 grid of step 2, sigma 0.05 (Lin et al. 2018, arXiv:1712.04086)."""

    name = "grid25"
    sigma = 0.05
    centres = torch.cartesian_prod(*[torch.arange(-4.0, 5.0, 2.0)] * 2)


class Curve(Mixture):
    """A ribbon along `arms` curves: Gaussians at equal distances of two sigma, so that its density hardly varies.

    Each is a mode. A sample counts for the nearest centre; that these shares are equal is true to 2 % of a share. As
    neighbours overlap, more than 98.89 % of true samples are within 3 sigma of a centre: `hq@3sigma.floor` says how
    many. Labels are the arms, where there are several.
    """

    arms: ClassVar[int] = 1

    @cached_property
    def labels(self) -> int:
        """One for each arm; 0 for a single one."""
        return self.arms if self.arms > 1 else 0

    @cached_property
    def sigma(self) -> float:  # type: ignore[override]
        """Half the distance of neighbours."""
        return torch.dist(self.centres[0], self.centres[1]).item() / 2

    def load(self) -> tuple[Split, Split]:
        """As a mixture's, with arms for labels."""
        train, test = (Split(x, self._arm(centre)) for x, centre in super().load())
        return train, test

    def _arm(self, centre: Tensor | None) -> Tensor | None:
        return None if centre is None or not self.labels else centre * self.arms // self.n_modes


def _along(x: Tensor, y: Tensor, n: int) -> Tensor:
    """`n` points (n, 2) at equal distances along a fine polygon, from end to end."""
    lengths = torch.hypot(x.diff(), y.diff()).cumsum(0).numpy()
    lengths = np.concatenate([[0.0], lengths])
    at = np.linspace(0, lengths[-1], n)
    return torch.tensor(np.stack([np.interp(at, lengths, part.numpy()) for part in (x, y)], axis=1)).float()


def _archimedean(start: float, end: float, n: int) -> Tensor:
    """(t cos t, t sin t) / end for t from start to end."""
    t = torch.linspace(start, end, 5_000, dtype=torch.float64)
    return _along(t * t.cos() / end, t * t.sin() / end, n)


def _both(arm: Tensor) -> Tensor:
    """An arm, and the same turned by pi."""
    return torch.cat([arm, -arm])


@dataclass(eq=False)
class Spiral(Curve):
    """Two arms that wind about the origin, t from pi/2 to 3 pi, each with 50 modes."""

    name = "spiral"
    arms = 2
    centres = _both(_archimedean(math.pi / 2, 3 * math.pi, 50))


@dataclass(eq=False)
class SwissRoll(Curve):
    """The roll of WGAN-GP's toy data (Gulrajani et al. 2017): scikit-learn's, t from 3/2 pi to 9/2 pi, but even
    along its length instead of in t.
    """

    name = "swissroll"
    centres = _archimedean(1.5 * math.pi, 4.5 * math.pi, 100)


def _moon(n: int) -> Tensor:
    angle = torch.linspace(0, math.pi, n)
    return torch.stack([angle.cos() - 0.5, angle.sin() - 0.25], dim=1)


@dataclass(eq=False)
class Moons(Curve):
    """Two half circles that reach into each other, each with 50 modes; as scikit-learn's, but about the origin."""

    name = "moons"
    arms = 2
    centres = _both(_moon(50))
