"""Mixtures of Gaussians in the plane, with PacGAN's constants (Lin et al. 2018, arXiv:1712.04086)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ganzoo.data import Split
from ganzoo.datasets.base import Points
from ganzoo.seeds import seed_of


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
    """8 modes on the unit circle, sigma 0.01."""

    name = "ring8"
    sigma = 0.01
    centres = _circle(8)


@dataclass(eq=False)
class Grid(Mixture):
    """25 modes on a 5 x 5 grid of step 2, sigma 0.05."""

    name = "grid25"
    sigma = 0.05
    centres = torch.cartesian_prod(*[torch.arange(-4.0, 5.0, 2.0)] * 2)
