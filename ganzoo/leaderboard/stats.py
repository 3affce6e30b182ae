"""Statistics over seeds: intervals, Tukey's test, the chance of being best, and the summary of a metric."""

from __future__ import annotations

import math
import statistics
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal

import numpy as np

Array = np.ndarray
ALPHA = 0.05
"""Significance level of the tests; intervals have confidence 1 - ALPHA."""
BOOTSTRAP_DRAWS = 10_000
"""Bootstrap draws; fewer where there are so many groups that they would take seconds."""


@cache
def t_quantile(p: float, df: int) -> float:
    """The p quantile of Student's t with `df` degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(df, p))


@cache
def _studentized_range(p: float, k: int, df: int) -> float:
    """The p quantile of the studentized range of k groups."""
    from scipy.stats import studentized_range  # a second to import

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # for thousands of groups the integral converges slowly, but correctly
        return float(studentized_range.ppf(p, k, df))


def t_interval(values: Sequence[float], alpha: float = ALPHA) -> tuple[float, float]:
    """Confidence interval of the mean: mean -+ t s / sqrt(n). Raises `ValueError` for fewer than two values."""
    mean, spread = _mean_and_spread(values)
    half = t_quantile(1 - alpha / 2, len(values) - 1) * spread / math.sqrt(len(values))
    return mean - half, mean + half


def prediction_interval(values: Sequence[float], alpha: float = 0.01) -> tuple[float, float]:
    """Interval for one more value: mean -+ t s sqrt(1 + 1/n). Raises `ValueError` for fewer than two values."""
    mean, spread = _mean_and_spread(values)
    half = t_quantile(1 - alpha / 2, len(values) - 1) * spread * math.sqrt(1 + 1 / len(values))
    return mean - half, mean + half


def _mean_and_spread(values: Sequence[float]) -> tuple[float, float]:
    if len(values) < 2:
        raise ValueError(f"{len(values)} value(s); an interval needs at least two")
    mean = statistics.fmean(values)
    return mean, math.sqrt(math.fsum((x - mean) ** 2 for x in values) / (len(values) - 1))


@dataclass(frozen=True)
class Tukey:
    """Tukey's honest significance test (Tukey 1949), for groups of unequal size (Kramer 1956).

    All pairs are compared at once: if all groups have the same mean and spread, no pair is found to differ with
    probability 1 - alpha.
    """

    groups: Sequence[Sequence[float]]
    alpha: float = ALPHA

    @cached_property
    def sizes(self) -> Array:
        """(k,) number of values of each group."""
        return np.array([len(group) for group in self.groups])

    @cached_property
    def means(self) -> Array:
        """(k,) mean of each group."""
        return np.array([statistics.fmean(group) for group in self.groups])

    @cached_property
    def df(self) -> int:
        """Degrees of freedom of the spread within groups; 0 where every group is a single value."""
        return int(self.sizes.sum()) - len(self.groups)

    @cached_property
    def variance(self) -> float:
        """Within groups, pooled; NaN where `df` is 0."""
        squares = sum(math.fsum((x - m) ** 2 for x in g) for g, m in zip(self.groups, self.means, strict=True))
        return float(squares / self.df) if self.df else math.nan

    @cached_property
    def critical(self) -> float:
        """The studentized range that is exceeded with probability alpha; NaN where nothing can be tested."""
        if len(self.groups) < 2 or not self.df:
            return math.nan
        return _studentized_range(1 - self.alpha, len(self.groups), self.df)

    def errors(self, i: int) -> Array:
        """(k,) standard errors of the differences to group i, as the studentized range defines them."""
        errors: Array = np.sqrt(self.variance / 2 * (1 / self.sizes + 1 / self.sizes[i]))
        return errors

    def below(self, i: int) -> Array:
        """(k,) whether a group's mean is significantly below that of group i."""
        below: Array = self.means[i] - self.means > self.critical * self.errors(i)
        return below

    def p(self, i: int, j: int) -> float:
        """The probability of a difference as large as between i and j in any pair, if all means are equal."""
        from scipy.stats import studentized_range

        q = abs(self.means[i] - self.means[j]) / self.errors(i)[j]
        return float(studentized_range.sf(q, len(self.groups), self.df))

    @cached_property
    def least(self) -> float:
        """The smallest significant difference between two groups of the median size; NaN where none is tested."""
        return float(self.critical * math.sqrt(self.variance / float(np.median(self.sizes))))


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
