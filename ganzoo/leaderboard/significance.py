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
SPREADS_ALPHA = 0.01
"""Of Bartlett's test that the groups have one spread. This and the two below by simulation with five values a group
(benchmarks/board_statistics.py): large enough for a chance of any false difference of 7 % if one has five times the
spread, and small enough for a power within two points of Tukey's test at equal spread."""
WIDE_ALPHA = 0.005
"""Of the F test that finds a wide group, for each group."""
ODD_ALPHA = 0.00001
"""Of the same test, for a group that is left out of the pooled spread."""
FEW = 5
"""A group of fewer values is too small for these tests: most wide ones pass them."""
OWN_ALPHA = 0.035
"""Of the t test with the pair's own spreads, for pairs with a group of few values: by simulation, too, as large as it
may be for a chance of 7 %."""
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
    1956). A pair needs a second test, by its own spreads, where the pooled one may mislead:

    - Games and Howell's test (1976), if one of the two is wide: its variance is above that of all others together by an
      F test at WIDE_ALPHA. If the spreads of all groups differ (Bartlett's test at SPREADS_ALPHA), each pair needs it.
    - Else a t test at OWN_ALPHA, if one of the two has fewer than FEW values.

    A group wide beyond doubt (at ODD_ALPHA, or ALPHA / k if it has few values, while the others have one spread) is
    left out of the pool, and compared by Games and Howell's test alone. Own spreads have the degrees of freedom of the
    smaller group: with Welch's, as printed, Games and Howell's test does not keep its level for many small groups.

    A lost value counts, in each comparison, as the worst value of the two groups. It is no sample of a spread: a group
    that lost any needs Games and Howell's test, too, with its own spread, at least the pooled one. A single value has
    no spread: it takes the pooled one. Without any group of two values nothing differs.
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
        self.df = int((self.found - 1).sum())
        """Degrees of freedom of all spreads together; 0 where every group is a single value."""
        pool = np.ones(len(groups), bool)
        wide = self._wide(pool)
        widest = int(wide.argmin())
        if len(groups) > 2 and wide[widest] < (ALPHA / len(groups) if self.sizes[widest] < FEW else ODD_ALPHA):
            pool[widest] = False
        self.spreads: Spreads = self._compare_spreads(pool)
        """Whether the pooled groups have one spread; "none" where no spread is known."""
        if self.spreads == "unequal":
            pool[:] = True
        self.odd = None if pool.all() else int(pool.argmin())
        """The group whose spread stands out."""
        self._odd, self._lost = ~pool, self.sizes > self.found
        self._doubtful = ~pool | self._lost | (self._wide(pool) < WIDE_ALPHA) | (self.spreads == "unequal")
        self.pooled_df = int((self.found - 1)[pool].sum())
        self.variance = float(self.squares[pool].sum() / self.pooled_df) if self.pooled_df else math.nan
        """Within groups, pooled; NaN where no spread is known."""

    def _wide(self, pool: Array) -> Array:
        """p values (k,) that groups in `pool` (k,) are no wider than all others in it together."""
        from scipy.special import fdtrc

        df, squares = (self.found - 1) * pool, self.squares * pool
        rest, others = df.sum() - df, squares.sum() - squares
        known = (df > 0) & (rest > 0) & (squares > self.resolution**2 * df)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(known, (squares / df) / np.maximum(others / rest, 0), 0)
        p: Array = fdtrc(np.maximum(df, 1), np.maximum(rest, 1), ratio)
        return p

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

    def below(self, i: int) -> Array:
        """(k,) whether a group is significantly below group i."""
        if math.isnan(self.critical):
            return np.zeros(len(self.sizes), bool)
        worst = np.maximum(self.worst, self.worst[i])
        means, squares = self._with_lost(np.arange(len(self.sizes)), worst)
        mean, square = self._with_lost(np.full(len(self.sizes), i), worst)
        variances, df = self._spread(squares, np.arange(len(self.sizes)))
        variance, own_df = self._spread(square, np.full(len(self.sizes), i))
        gap, df = mean - means, np.minimum(df, own_df)
        own = np.sqrt(variances / self.sizes + variance / self.sizes[i])
        pooled = gap > self.critical * np.sqrt(self.variance / 2 * (1 / self.sizes + 1 / self.sizes[i]))
        doubtful, odd = self._doubtful | self._doubtful[i], self._odd | self._odd[i]
        least = np.where(df < FEW - 1, _student(OWN_ALPHA, df), 0.0)
        if doubtful.any():
            least = np.where(doubtful, self._games_howell(df), least)
        significant: Array = (pooled | odd) & (gap > np.maximum(least * own, self.resolution))
        return significant

    def _with_lost(self, groups: Array, worst: Array) -> tuple[Array, Array]:
        """Means and sums of squares (k,) where lost values of the groups (k,) are `worst` (k,)."""
        found, sizes, means = self.found[groups], self.sizes[groups], self.means[groups]
        lost, beyond = sizes - found, worst - means
        return means + lost / sizes * beyond, self.squares[groups] + found * lost / sizes * beyond**2

    def _spread(self, squares: Array, groups: Array) -> tuple[Array, Array]:
        """Variances (k,) and degrees of freedom of the groups (k,). A single value takes the pooled ones."""
        sizes = self.sizes[groups]
        variances = np.where(sizes > 1, squares / np.maximum(sizes - 1, 1), self.variance)
        at_least = np.where(self._lost[groups], self.variance, 0.0)
        return np.maximum(variances, at_least), np.where(sizes > 1, sizes - 1, self.pooled_df)

    def _games_howell(self, df: Array) -> Array:
        """Critical values (k,) of a difference over its standard error."""
        known, places = np.unique(df, return_inverse=True)
        values = [studentized_range(1 - ALPHA, len(self.sizes), float(d)) / math.sqrt(2) for d in known]
        return np.array(values)[places]


def _student(alpha: float, df: Array) -> Array:
    """Critical values of a difference over its standard error, two-sided."""
    from scipy.special import stdtrit

    values: Array = stdtrit(df, 1 - alpha / 2)
    return values
