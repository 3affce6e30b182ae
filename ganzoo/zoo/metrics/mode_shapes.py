"""The shape of the modes of points: how wide they are, and how far from the true Gaussian."""

from __future__ import annotations

import math

import torch
from torch import Tensor

REACH = 3.0
"""Sigmas from a centre within which a point belongs to its mode."""
LEAST = 5
"""Points that a mode must have for its shape to be estimated."""
SHARE = 1 - math.exp(-(REACH**2) / 2)
"""Share of a round Gaussian's points in the plane that are within reach: 0.9889."""
KEPT = 1 - REACH**2 / 2 * math.exp(-(REACH**2) / 2) / SHARE
"""Share of the variance that cutting at that reach leaves: 0.9495."""


def mode_shapes(x: Tensor, modes: Tensor, centres: Tensor, sigma: float) -> dict[str, float]:
    """spread and w2 of points (N, 2) with known modes (N,), -1 for none, as `Modes` describes them."""
    shapes = [_shape(x[modes == mode].double(), centre.double(), sigma) for mode, centre in enumerate(centres)]
    known = [shape for shape in shapes if shape]
    if not known:
        return {"spread": math.nan, "w2": math.nan}
    spread, w2 = (sum(values) / len(known) for values in zip(*known, strict=True))
    return {"spread": spread, "w2": w2}


def _shape(x: Tensor, centre: Tensor, sigma: float) -> tuple[float, float] | None:
    """The deviation of a mode's points (N, 2), and their 2-Wasserstein distance to the true Gaussian, in sigmas.

    Between Gaussians of which one has a covariance of sigma^2 I, W2^2 = |m - c|^2 + sum_i (s_i - sigma)^2, s_i the
    deviations along the principal axes of the points.
    """
    if len(x) < LEAST:
        return None
    deviations = torch.linalg.eigvalsh(torch.cov(x.T) / KEPT).clamp(min=0).sqrt() / sigma
    shift = ((x.mean(0) - centre) / sigma).square().sum()
    spread = deviations.square().mean().sqrt()
    return spread.item(), (shift + (deviations - 1).square().sum()).sqrt().item()
