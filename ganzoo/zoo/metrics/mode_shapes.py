"""How modes of points look from near: wide or contracted, centred or beside."""

from __future__ import annotations

import math

import torch
from torch import Tensor

REACH = 3.0
"""Sigmas from a centre within which a point is of its mode."""
LEAST = 5
"""Points that a mode must have to be looked at."""
SHARE = 1 - math.exp(-(REACH**2) / 2)
"""Of a round Gaussian's points in the plane that are within reach: 0.9889."""
KEPT = 1 - REACH**2 / 2 * math.exp(-(REACH**2) / 2) / SHARE
"""What cutting at that reach leaves of the variance: 0.9495."""


def shapes(x: Tensor, modes: Tensor, centres: Tensor, sigma: float) -> dict[str, float]:
    """spread and w2 of points (N, 2) whose modes (N,) are known, -1 for none, as `Modes` describes them."""
    found = [_shape(x[modes == mode].double(), centre.double(), sigma) for mode, centre in enumerate(centres)]
    known = [shape for shape in found if shape]
    if not known:
        return {"spread": math.nan, "w2": math.nan}
    spread, w2 = (sum(values) / len(known) for values in zip(*known, strict=True))
    return {"spread": spread, "w2": w2}


def _shape(x: Tensor, centre: Tensor, sigma: float) -> tuple[float, float] | None:
    """The deviation of a mode's points (N, 2), and their 2-Wasserstein distance to the true Gaussian, in sigmas.

    Of Gaussians, to one whose covariance is a multiple of the identity, W2^2 = |m - c|^2 + sum_i (s_i - sigma)^2, s_i
    the deviations along the points' own axes.
    """
    if len(x) < LEAST:
        return None
    deviations = torch.linalg.eigvalsh(torch.cov(x.T) / KEPT).clamp(min=0).sqrt() / sigma
    shift = ((x.mean(0) - centre) / sigma).square().sum()
    spread = deviations.square().mean().sqrt()
    return spread.item(), (shift + (deviations - 1).square().sum()).sqrt().item()
