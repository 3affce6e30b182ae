"""Statistics over seeds: intervals, Tukey's test, the chance of being best, and the summary of a metric."""

from __future__ import annotations

import math
import statistics
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

Array = np.ndarray
ALPHA = 0.05
"""Significance level of the tests; intervals have confidence 1 - ALPHA."""
BOOTSTRAP_DRAWS = 10_000
"""Bootstrap draws; fewer where there are so many groups that they would take seconds."""


@cache
def _studentized_range(p: float, k: int, df: int) -> float:
    """The p quantile of the studentized range of k groups."""
    from scipy.stats import studentized_range  # a second to import

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # for thousands of groups the integral converges slowly, but correctly
        return float(studentized_range.ppf(p, k, df))


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


class Tukey:
    """Tukey's honest significance test (Tukey 1949), for groups of unequal size (Kramer 1956).

    All pairs are compared at once: if all groups have the same mean and spread, no pair is found to differ with
    probability 1 - ALPHA.
    """

    def __init__(self, groups: Sequence[Sequence[float]]) -> None:
        self.sizes = np.array([len(group) for group in groups])
        """(k,) number of values of each group."""
        self.means = np.array([statistics.fmean(group) for group in groups])
        """(k,) mean of each group."""
        self.df = int(self.sizes.sum()) - len(groups)
        """Degrees of freedom of the spread within groups; 0 where every group is a single value."""
        squares = sum(math.fsum((x - m) ** 2 for x in g) for g, m in zip(groups, self.means, strict=True))
        self.variance = float(squares / self.df) if self.df else math.nan
        """Within groups, pooled; NaN where `df` is 0."""
        testable = len(groups) > 1 and self.df
        self.critical = _studentized_range(1 - ALPHA, len(groups), self.df) if testable else math.nan
        """The studentized range that is exceeded with probability ALPHA; NaN where nothing can be tested."""
        self.least = float(self.critical * math.sqrt(self.variance / float(np.median(self.sizes))))
        """The smallest significant difference between two groups of the median size; NaN where none is tested."""

    def errors(self, i: int) -> Array:
        """(k,) standard errors of the differences to group i, as the studentized range defines them."""
        errors: Array = np.sqrt(self.variance / 2 * (1 / self.sizes + 1 / self.sizes[i]))
        return errors

    def below(self, i: int) -> Array:
        """(k,) whether a group's mean is significantly below that of group i."""
        below: Array = self.means[i] - self.means > self.critical * self.errors(i)
        return below


def chance_of_best(groups: Sequence[Sequence[float]], seed: int = 0) -> list[float]:
    """For each group, the share of bootstrap draws in which its mean is the lowest.

    Infinity stands for a failed run. Equal means share a draw, so the chances add up to 1. A group of few values has
    too little spread, of one value none: the chance is a guide, not a test.
    """
    if not groups:
        return []
    generator = np.random.default_rng(seed)
    draws = max(1_000, min(BOOTSTRAP_DRAWS, 2_000_000 // len(groups)))
    means = np.empty((len(groups), draws))
    for mean, group in zip(means, groups, strict=True):
        values = np.asarray(group, dtype=float)
        mean[:] = values[generator.integers(len(values), size=(len(values), draws))].mean(0)
    winners = means == means.min(0)
    return [float(chance) for chance in (winners / winners.sum(0)).mean(1)]


# ---------------------------------------------------------------- a metric over seeds

Better = Literal["lower", "higher"]
TINY = 1e-9
"""Replaces zero before a logarithm is taken."""


@dataclass(frozen=True)
class Summary:
    """A metric over seeds."""

    n: int
    """Seeds with a value."""
    median: float
    """Infinity where the middle run failed."""
    low: float
    high: float
    mean: float | None = None
    """Of at least two seeds; geometric if lower is better."""
    mean_low: float | None = None
    mean_high: float | None = None
    """Student's t interval of the mean, at 95 %."""


def to_loss(x: float, better: Better) -> float:
    """The number that is tested, lower is better: the logarithm of x if lower is better, else -x."""
    return math.log(max(x, TINY)) if better == "lower" else -x


def from_loss(loss: float, better: Better) -> float:
    """The inverse of `to_loss`."""
    return math.exp(loss) if better == "lower" else -loss


def summarise(values: Sequence[float], failed: int, better: Better) -> Summary | None:
    """`failed` runs without a value count as the worst in median and range, and are left out of the mean."""
    if not values and not failed:
        return None
    worst = math.inf if better == "lower" else -math.inf
    ordered = sorted([*values, *[worst] * failed])
    median_and_range = len(values), statistics.median(ordered), ordered[0], ordered[-1]
    if len(values) < 2:
        return Summary(*median_and_range)
    losses = [to_loss(x, better) for x in values]
    ends = sorted(from_loss(end, better) for end in t_interval(losses))
    return Summary(*median_and_range, from_loss(statistics.fmean(losses), better), *ends)
