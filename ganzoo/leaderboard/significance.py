"""Which combinations of a table differ by more than chance explains."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from functools import cache, cached_property
from typing import Literal

import numpy as np

Array = np.ndarray
ALPHA = 0.05
"""Of Tukey's test and of Games and Howell's."""
WIDE_ALPHA = (0.5, 0.5, 0.21, 0.1, 0.027)
"""The level of the F test that a group is wider than the others, for one, two, three, four, and five values found or
more. The fewer there are, the more often a wide group looks narrow, so the higher the level, and the more so beside
larger groups. This and the next four are by simulation (benchmarks/board_statistics.py): high enough for a chance of
any false difference of 7 %, and low enough to find, at equal spread, nearly what Tukey's test finds."""
SPREADS_ALPHA, SPREADS_POWER = 0.1, 0.07
"""The level of Bartlett's test that all groups but the widest have one spread, and how fast distances grow below it."""
ODD_ALPHA = 1.5e-4
"""Of the F test that a group is so wide that it is left out of the pool, divided by the number of pairs."""
UNEQUAL_ALPHA = 0.02
"""Of Bartlett's test, for the remark that spreads differ. Where they do, no group is left out."""
LOST_ALPHA = 0.007
"""Of Tukey's test of pairs that lost values, which shift means: by simulation, too."""
Spreads = Literal["none", "equal", "unequal"]


@cache
def studentized_range(p: float, k: int, df: float) -> float:
    """The p quantile of the studentized range of k groups."""
    from scipy.stats import studentized_range as distribution  # a second to import

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # for thousands of groups the integral converges slowly, but correctly
        return float(distribution.ppf(p, k, df))


def bartlett(squares: Array, df: Array) -> float:
    """The p value of Bartlett's test (1937) that groups have one spread, from sums of squares (k,) above zero.

    The same as scipy's, which takes values instead, and milliseconds to check them.
    """
    from scipy.special import chdtrc

    k, total = len(df), df.sum()
    ratio = total * math.log(squares.sum() / total) - float(df @ np.log(squares / df))
    correction = 1 + (float((1 / df).sum()) - 1 / total) / (3 * (k - 1))
    return float(chdtrc(k - 1, max(ratio / correction, 0.0)))


class Differences:
    """All pairs of groups of losses, compared at once. `below(i)` says which are significantly better than group i.

    Two groups differ if their means are farther apart than a critical distance. Where spreads are equal, it is that of
    Tukey's test, which pools the spreads of all groups (Tukey 1949; unequal sizes: Kramer 1956). Where they are not,
    pooling misleads, so Tukey's distance is multiplied by

        max(1, WIDE_ALPHA / p) ** (1 / (n - 1)) * max(1, SPREADS_ALPHA / q) ** SPREADS_POWER,

    but never to more than the distance of Games and Howell's test (1976), which takes each pair's own spreads. p is
    that of an F test of the wider group, of n values, against all others together; q is that of Bartlett's test of all
    groups but the widest. A group with p < ODD_ALPHA / (number of pairs), whose others have one spread, is left out of
    the pool, and compared by Games and Howell's test alone.

    In Games and Howell's test, own spreads have the degrees of freedom of the smaller group: with Welch's, as printed,
    it does not keep its level for many small groups.

    A lost value counts, in each comparison, as the worst value of the two groups, also in the variance of the F test.
    It is no sample of a spread, so it is not pooled, but the pair's distance is at least the one that Tukey's test at
    LOST_ALPHA has with their own variances, or Games and Howell's if that is less; variances of groups that lost any
    are at least the pooled one. A single value has no spread: it takes the pooled one. Without any group of two values
    nothing differs.
    """

    def __init__(self, groups: Sequence[Sequence[float]], lost: Sequence[int] | None = None, resolution: float = 0.0):
        """`groups`: the values found, at least one each; `lost`: how many others were lost; lower is better."""
        self.found = np.array([len(group) for group in groups], dtype=float)
        """(k,) number of values found."""
        self.sizes = self.found + (np.zeros(len(groups)) if lost is None else np.array(lost, dtype=float))
        """(k,) number of values, found and lost."""
        self.means = np.array([math.fsum(group) / len(group) for group in groups])
        """(k,) mean of the values found."""
        self.worst = np.array([max(group) for group in groups])
        self.squares = np.array([math.fsum((x - m) ** 2 for x in g) for g, m in zip(groups, self.means, strict=True)])
        self.resolution = resolution
        """Differences up to it are rounding."""
        self._lost = self.sizes > self.found
        self.df = int((self.found - 1).sum())
        """Degrees of freedom of all spreads together; 0 where every group is a single value."""
        self._pool = np.ones(len(groups), bool)
        widest, p = self._widest()
        others = np.arange(len(groups)) != widest
        self._one_spread = self._bartlett(others)
        """The p value of Bartlett's test of all groups but the widest."""
        unequal = self._one_spread < UNEQUAL_ALPHA
        self.spreads: Spreads = "unequal" if unequal else "equal" if self.df else "none"
        """Whether groups have one spread, but perhaps the widest; "none" where no spread is known."""
        if p < ODD_ALPHA / max(1, math.comb(len(groups), 2)) and not unequal:
            self._pool = others
        self.odd = None if self._pool.all() else int(self._pool.argmin())
        """The group whose spread stands out."""
        self.pooled_df = int((self.found - 1)[self._pool].sum())
        self.variance = float(self.squares[self._pool].sum() / self.pooled_df) if self.pooled_df else math.nan
        """Within groups, pooled; NaN where no spread is known."""

    def _widest(self) -> tuple[int, float]:
        """The group with the least p value of the F test that it is no wider than all others, and that value."""
        p = self._wider(np.arange(len(self.sizes)), self.squares / np.maximum(self.found - 1, 1), self.found)
        return int(p.argmin()), float(p.min())

    def _wider(self, groups: Array, variances: Array, sizes: Array) -> Array:
        """p values (k,) of the F test that groups (k,) are no wider than all others in the pool."""
        from scipy.special import fdtrc

        df, squares = (self.found - 1) * self._pool, self.squares * self._pool
        rest, others = (df.sum() - df)[groups], np.maximum(squares.sum() - squares, 0)[groups]
        tested = (sizes > 1) & (rest > 0) & (variances > self.resolution**2)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(tested, variances * rest / others, 0)
        p: Array = fdtrc(np.maximum(sizes - 1, 1), np.maximum(rest, 1), ratio)
        return p

    def _bartlett(self, among: Array) -> float:
        """The p value of Bartlett's test of groups (k,); 0 where some have no spread, 1 where fewer than two have."""
        df, squares = (self.found - 1)[among & (self.found > 1)], self.squares[among & (self.found > 1)]
        flat = squares <= self.resolution**2 * df
        if len(df) < 2 or flat.all():
            return 1.0
        return 0.0 if flat.any() else bartlett(squares, df)

    @cached_property
    def critical(self) -> float:
        """The studentized range that is exceeded with probability ALPHA; NaN where nothing can be tested."""
        k = len(self.sizes)
        return studentized_range(1 - ALPHA, k, self.pooled_df) if k > 1 and self.pooled_df else math.nan

    @property
    def least(self) -> float:
        """A difference of two groups of the median size below it is never significant; NaN where none is tested."""
        return float(self.critical * math.sqrt(self.variance / float(np.median(self.sizes))))

    def _factors(self, groups: Array, variances: Array) -> Array:
        """What critical distances of groups (k,) are multiplied by."""
        sizes = self.sizes[groups]
        levels = np.array(WIDE_ALPHA)[np.minimum(self.found[groups].astype(int), len(WIDE_ALPHA)) - 1]
        levels *= np.maximum(1, self.sizes.mean() / sizes) ** 2  # beside larger groups
        p = np.maximum(self._wider(groups, variances, sizes), 1e-300)
        factors: Array = np.maximum(1, levels / p) ** (1 / np.maximum(sizes - 1, 1))
        factors *= max(1, SPREADS_ALPHA / max(self._one_spread, 1e-300)) ** SPREADS_POWER
        return factors

    @cached_property
    def _plain_factors(self) -> Array:
        """The same (k,) where no value is lost."""
        return self._factors(np.arange(len(self.sizes)), self.squares / np.maximum(self.found - 1, 1))

    def below(self, i: int) -> Array:
        """(k,) whether a group is significantly below group i."""
        if math.isnan(self.critical):
            return np.zeros(len(self.sizes), bool)
        all_groups, worst = np.arange(len(self.sizes)), np.maximum(self.worst, self.worst[i])
        means, variances = self._with_lost(all_groups, worst)
        mean, variance = self._with_lost(np.full(len(self.sizes), i), worst)
        gap = mean - means
        pooled = self.critical * np.sqrt(self.variance / 2 * (1 / self.sizes + 1 / self.sizes[i]))
        error = np.sqrt(variances / self.sizes + variance / self.sizes[i])
        own = self._games_howell(i) * error
        factors = np.maximum(self._plain_factors, self._plain_factors[i])
        lost = self._lost | self._lost[i]
        if lost.any():
            of_i = self._factors(np.full(lost.sum(), i), variance[lost])
            factors[lost] = np.maximum(self._factors(all_groups[lost], variances[lost]), of_i)
        distance = np.minimum(pooled * factors, np.maximum(pooled, own))
        distance = np.where((all_groups == self.odd) | (i == self.odd), own, distance)
        if lost.any():
            strict = studentized_range(1 - LOST_ALPHA, len(self.sizes), self.pooled_df) / math.sqrt(2)
            distance = np.where(lost, np.maximum(distance, np.minimum(strict * error, own)), distance)
        significant: Array = gap > np.maximum(distance, self.resolution)
        return significant

    def _with_lost(self, groups: Array, worst: Array) -> tuple[Array, Array]:
        """Means and variances (k,) of groups (k,) whose lost values are `worst` (k,). A single one takes the pooled."""
        found, sizes, means = self.found[groups], self.sizes[groups], self.means[groups]
        lost, beyond = sizes - found, worst - means
        squares = self.squares[groups] + found * lost / sizes * beyond**2
        variances = np.where(sizes > 1, squares / np.maximum(sizes - 1, 1), self.variance)
        return means + lost / sizes * beyond, np.where(lost > 0, np.maximum(variances, self.variance), variances)

    def _games_howell(self, i: int) -> Array:
        """Critical values (k,) of differences from group i over their standard errors."""
        df = np.where(self.sizes > 1, self.sizes - 1, self.pooled_df)
        known, places = np.unique(np.minimum(df, df[i]), return_inverse=True)
        values = [studentized_range(1 - ALPHA, len(self.sizes), float(d)) / math.sqrt(2) for d in known]
        return np.array(values)[places]
