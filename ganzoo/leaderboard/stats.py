"""Statistics over seeds: intervals, the chance of being best, and the summary of a metric."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ganzoo.leaderboard.scale import Scale

ALPHA = 0.05
"""Intervals have confidence 1 - ALPHA."""
BOOTSTRAP_DRAWS = 10_000
"""Bootstrap draws; fewer where there are so many groups that they would take seconds."""


def t_interval(values: Sequence[float]) -> tuple[float, float]:
    """95 % confidence interval of the mean: mean -+ t s / sqrt(n). Raises `ValueError` for fewer than two values."""
    mean, reach = _mean_and_reach(values, ALPHA)
    half = reach / math.sqrt(len(values))
    return mean - half, mean + half


def prediction_interval(values: Sequence[float], alpha: float = 0.01) -> tuple[float, float]:
    """Interval for one more value: mean -+ t s sqrt(1 + 1/n). Raises `ValueError` for fewer than two values."""
    mean, reach = _mean_and_reach(values, alpha)
    half = reach * math.sqrt(1 + 1 / len(values))
    return mean - half, mean + half


def _mean_and_reach(values: Sequence[float], alpha: float) -> tuple[float, float]:
    """The mean and t s: the 1 - alpha / 2 quantile of Student's t, times the standard deviation."""
    from scipy.special import stdtrit

    df = len(values) - 1
    if df < 1:
        raise ValueError(f"{len(values)} value(s); an interval needs at least two")
    mean = statistics.fmean(values)
    return mean, float(stdtrit(df, 1 - alpha / 2)) * math.sqrt(math.fsum((x - mean) ** 2 for x in values) / df)


def chance_of_best(groups: Sequence[Sequence[float]], resolution: float = 0.0, seed: int = 0) -> list[float]:
    """For each group, the share of bootstrap draws in which its mean is the lowest.

    Infinity stands for a lost seed. Means that differ by no more than `resolution` are equal and share a draw, so the
    chances add up to 1. A group of few values has too little spread, of one value none: the chance is a guide, not a
    test.
    """
    if not groups:
        return []
    generator = np.random.default_rng(seed)
    draws = max(1_000, min(BOOTSTRAP_DRAWS, 2_000_000 // len(groups)))
    means = np.empty((len(groups), draws))
    for mean, group in zip(means, groups, strict=True):
        values = np.asarray(group, dtype=float)
        mean[:] = values[generator.integers(len(values), size=(len(values), draws))].mean(0)
    winners = means <= means.min(0) + resolution
    return [float(chance) for chance in (winners / winners.sum(0)).mean(1)]


# ---------------------------------------------------------------- a metric over seeds


@dataclass(frozen=True)
class Summary:
    """A metric over seeds."""

    n: int
    """Seeds with a value."""
    median: float
    """Infinity where the middle run was lost."""
    low: float
    high: float
    mean: float | None = None
    """Of at least two seeds; geometric on a logarithmic scale."""
    mean_low: float | None = None
    mean_high: float | None = None
    """Student's t interval of the mean, at 95 %, within the bounds of the metric."""


def summarise(values: Sequence[float], lost: int, scale: Scale) -> Summary | None:
    """`lost` runs without a value count as the worst in median and range, and are left out of the mean."""
    if not values and not lost:
        return None
    ordered = sorted([*values, *[scale.worst] * lost])
    median_and_range = len(values), statistics.median(ordered), ordered[0], ordered[-1]
    if len(values) < 2:
        return Summary(*median_and_range)
    fitting = scale.fitting(values)
    losses = [fitting.to_loss(x) for x in values]
    ends = sorted(fitting.from_loss(end) for end in t_interval(losses))
    return Summary(*median_and_range, fitting.from_loss(statistics.fmean(losses)), *ends)
