"""Statistics over seeds. Groups are the seeds of combinations; nothing here knows what they measure."""

from __future__ import annotations

import math
import statistics
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

Array = np.ndarray
ALPHA = 0.05
"""Level of the tests; intervals hold with 1 - ALPHA."""
DRAWS = 10_000
"""Bootstrap draws, of fewer where there are so many groups that these would take seconds."""


@cache
def t_quantile(p: float, df: int) -> float:
    """Of Student's t with `df` degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(df, p))


@cache
def _studentized_range(p: float, k: int, df: int) -> float:
    """Its quantile for k groups."""
    from scipy.stats import studentized_range  # a second to import

    with (
        warnings.catch_warnings()
    ):  # of thousands of groups: slow convergence of an integral that is right all the same
        warnings.simplefilter("ignore")
        return float(studentized_range.ppf(p, k, df))


def t_interval(values: Sequence[float], alpha: float = ALPHA) -> tuple[float, float]:
    """Where the mean lies: mean -+ t s / sqrt(n). Raises `ValueError` for fewer than two values."""
    mean, spread = _mean_and_spread(values)
    half = t_quantile(1 - alpha / 2, len(values) - 1) * spread / math.sqrt(len(values))
    return mean - half, mean + half


def prediction_interval(values: Sequence[float], alpha: float = 0.01) -> tuple[float, float]:
    """Where one more value of the same kind lies: mean -+ t s sqrt(1 + 1/n). Raises `ValueError` for fewer than two."""
    mean, spread = _mean_and_spread(values)
    half = t_quantile(1 - alpha / 2, len(values) - 1) * spread * math.sqrt(1 + 1 / len(values))
    return mean - half, mean + half


def _mean_and_spread(values: Sequence[float]) -> tuple[float, float]:
    if len(values) < 2:
        raise ValueError(f"{len(values)} value(s); an interval takes at least two")
    mean = statistics.fmean(values)
    return mean, math.sqrt(math.fsum((x - mean) ** 2 for x in values) / (len(values) - 1))


@dataclass(frozen=True)
class Tukey:
    """Tukey's honest significance test (Tukey 1949), for groups of unequal size as Kramer 1956 has it.

    All pairs are compared at once: with probability 1 - alpha, groups of the same mean and spread are never told apart.
    """

    groups: Sequence[Sequence[float]]
    alpha: float = ALPHA

    @cached_property
    def sizes(self) -> Array:
        """(k,) values in each group."""
        return np.array([len(group) for group in self.groups])

    @cached_property
    def means(self) -> Array:
        """(k,) of the groups."""
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
        """(k,) standard errors of the differences to group i, as the studentized range has them."""
        found: Array = np.sqrt(self.variance / 2 * (1 / self.sizes + 1 / self.sizes[i]))
        return found

    def below(self, i: int) -> Array:
        """(k,) whether a group's mean is significantly below that of group i."""
        found: Array = self.means[i] - self.means > self.critical * self.errors(i)
        return found

    def p(self, i: int, j: int) -> float:
        """The probability of a difference as large as between i and j anywhere, were all means the same."""
        from scipy.stats import studentized_range

        q = abs(self.means[i] - self.means[j]) / self.errors(i)[j]
        return float(studentized_range.sf(q, len(self.groups), self.df))

    @cached_property
    def least(self) -> float:
        """The difference that is just significant between two groups of the median size; NaN where none is tested."""
        return float(self.critical * math.sqrt(self.variance / float(np.median(self.sizes))))


def chance_of_best(groups: Sequence[Sequence[float]], seed: int = 0) -> list[float]:
    """For each group, how often its mean is the lowest when every group's values are drawn anew from themselves.

    Infinity is a value that lost. Equals share, so the chances add up to 1. A group of one value has no spread, and of
    a few has too little: it is a guide, not a test.
    """
    if not groups:
        return []
    generator = np.random.default_rng(seed)
    draws = max(1_000, min(DRAWS, 2_000_000 // len(groups)))
    means = np.empty((len(groups), draws))
    for mean, group in zip(means, groups, strict=True):
        values = np.asarray(group, dtype=float)
        mean[:] = values[generator.integers(len(values), size=(len(values), draws))].mean(0)
    winners = means == means.min(0)
    return [float(chance) for chance in (winners / winners.sum(0)).mean(1)]
