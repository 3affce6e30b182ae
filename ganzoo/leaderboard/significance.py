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
SPREADS_ALPHA = 0.02
"""Of Bartlett's test that the groups have one spread."""
WIDE_ALPHA = (0.35, 0.35, 0.18, 0.09, 0.02)
"""Of the F test that a group is wider than the others, for one, two, three, four, and five values found or more. The
fewer there are, the more often a wide group looks narrow, so the higher the level. These levels and `STEEPNESS` are by
simulation (benchmarks/board_statistics.py): high enough for a chance of any false difference of 7 % if one group is
wide, and low enough to find, at equal spread, nearly what Tukey's test finds."""
STEEPNESS = 2
"""The critical distance of a wide group grows with this power of its variance."""
LOST_ALPHA = 0.01
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

    Two groups differ if Tukey's test says so, which pools the spreads of all groups (Tukey 1949; unequal sizes: Kramer
    1956). Three things are added, since pooling misleads where spreads differ:

    - A group is wide if its variance is above a limit, which is the quantile of an F test at WIDE_ALPHA against all
      others together. The critical distance of its pairs is multiplied by (variance / limit) ** STEEPNESS, up to that
      of Games and Howell's test (1976), which takes each pair's own spreads.
    - If spreads differ (Bartlett's test at SPREADS_ALPHA), but not without the widest group, and that is wide at
      ALPHA / k, then it is left out of the pool, and compared by Games and Howell's test alone.
    - If they differ otherwise, each pair needs that test beside Tukey's, and no group counts as wide.

    In Games and Howell's test, own spreads have the degrees of freedom of the smaller group: with Welch's, as printed,
    it does not keep its level for many small groups.

    A lost value counts, in each comparison, as the worst value of the two groups, also in the variance that is compared
    with the limit. It is no sample of a spread, so it is not pooled, but the pair's distance is at least the one that
    Tukey's test at LOST_ALPHA has with their own variances, or Games and Howell's if that is less; variances of groups
    that lost any are at least the pooled one. A single value has no spread: it takes the pooled one. Without any group
    of two values nothing differs.
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
        self.spreads: Spreads = self._compare_spreads(self._pool)
        """Whether the pooled groups have one spread; "none" where no spread is known."""
        if self.spreads == "unequal" and len(groups) > 2:
            widest, p = self._widest()
            others = np.arange(len(groups)) != widest
            if p < ALPHA / len(groups) and self._compare_spreads(others) == "equal":
                self._pool, self.spreads = others, "equal"
        self.odd = None if self._pool.all() else int(self._pool.argmin())
        """The group whose spread stands out."""
        self.pooled_df = int((self.found - 1)[self._pool].sum())
        self.variance = float(self.squares[self._pool].sum() / self.pooled_df) if self.pooled_df else math.nan
        """Within groups, pooled; NaN where no spread is known."""

    def _widest(self) -> tuple[int, float]:
        """The group with the least p value of the F test that it is no wider than all others, and that value."""
        from scipy.special import fdtrc

        df, (others, rest) = self.found - 1, self._others(self._pool)
        known = (df > 0) & (rest > 0) & (self.squares > self.resolution**2 * df)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(known, self.squares / df / others, 0)
        p = fdtrc(np.maximum(df, 1), np.maximum(rest, 1), ratio)
        return int(p.argmin()), float(p.min())

    def _others(self, pool: Array) -> tuple[Array, Array]:
        """For each group, the pooled variance of the others in `pool` (k,), and its degrees of freedom."""
        df, squares = (self.found - 1) * pool, self.squares * pool
        rest = df.sum() - df
        return np.maximum(squares.sum() - squares, 0) / np.maximum(rest, 1), rest

    def _compare_spreads(self, pool: Array) -> Spreads:
        """Of the groups in `pool` (k,). A group of equal values beside others has another spread than they have."""
        df, squares = (self.found - 1)[pool & (self.found > 1)], self.squares[pool & (self.found > 1)]
        flat = squares <= self.resolution**2 * df
        if len(df) < 2 or flat.all():
            return "equal" if len(df) else "none"
        return "unequal" if flat.any() or bartlett(squares, df) < SPREADS_ALPHA else "equal"

    @cached_property
    def critical(self) -> float:
        """The studentized range that is exceeded with probability ALPHA; NaN where nothing can be tested."""
        k = len(self.sizes)
        return studentized_range(1 - ALPHA, k, self.pooled_df) if k > 1 and self.pooled_df else math.nan

    @property
    def least(self) -> float:
        """A difference of two groups of the median size below it is never significant; NaN where none is tested."""
        return float(self.critical * math.sqrt(self.variance / float(np.median(self.sizes))))

    @cached_property
    def limits(self) -> Array:
        """(k,) variances above which a group is wide; infinite where there is nothing to compare them with."""
        from scipy.special import fdtri

        others, rest = self._others(self._pool)
        levels = [WIDE_ALPHA[min(int(found), len(WIDE_ALPHA)) - 1] for found in self.found]
        quantiles = fdtri(np.maximum(self.sizes - 1, 1), np.maximum(rest, 1), 1 - np.array(levels))
        return np.where((self.sizes > 1) & (rest > 0) & (others > 0), others * quantiles, math.inf)

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
        if self.spreads == "unequal":
            distance = np.maximum(pooled, own)
        else:
            factor = np.maximum(1, np.maximum(variances / self.limits, variance / self.limits[i])) ** STEEPNESS
            distance = np.maximum(pooled, np.minimum(pooled * factor, own))
            distance = np.where((all_groups == self.odd) | (i == self.odd), own, distance)
        if self._lost.any():
            strict = studentized_range(1 - LOST_ALPHA, len(self.sizes), self.pooled_df) / math.sqrt(2)
            least = np.minimum(strict * error, own)
            distance = np.where(self._lost | self._lost[i], np.maximum(distance, least), distance)
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
