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
"""Of Tukey's test, of Bartlett's, and of what stands out from the rest by its own spread."""
OWN_ALPHA = 0.035
"""Of the t test with the pair's own spreads, for each pair: by simulation (benchmarks/board_statistics.py), as large as
it may be for a chance of any false difference of 7 % where spreads differ."""
UNEQUAL_ALPHA = 0.1
"""Of Games and Howell's test, in addition to Tukey's, where spreads differ."""
ODD_ALPHA = 0.1
"""Of the F test that finds a spread that stands out."""
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
    1956), and their own spreads do not contradict it: a t test at OWN_ALPHA with these two spreads alone and the
    degrees of freedom of the smaller group. Two rules are for spreads that differ:

    - A group whose spread stands out (F test at ODD_ALPHA, Bonferroni) is left out of the pool. It is compared by its
      own spread alone, by Games and Howell's test (1976) at ALPHA.
    - If the others differ in spread (Bartlett's test at ALPHA), nothing is left out, and Games and Howell's test at
      UNEQUAL_ALPHA takes the place of the t test.

    Games and Howell's test is used with the degrees of freedom of the smaller group: with Welch's, as printed, it does
    not keep its level where there are many groups of few values.

    A lost value counts, in each comparison, as the worst value of the two groups. It is no sample of a spread: a group
    that lost any is compared by Games and Howell's test at ALPHA, too, with its own spread, at least the pooled one. A
    single value has no spread: it takes the pooled one. Without any group of two values nothing differs.

    Where it was tried (benchmarks/board_statistics.py), the chance of any false difference is at most 7 %. At equal
    spread, ten values a group find what Tukey's test alone finds, five about nine tenths of it, and three about half:
    nobody can tell a spread from three numbers.
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
        odd = self._find_odd() if self.df else None
        pool = np.arange(len(groups)) != odd
        self.spreads: Spreads = self._compare_spreads(pool)
        """Whether the pooled groups have one spread; "none" where no spread is known."""
        self.odd = odd if self.spreads == "equal" else None
        """The group whose spread stands out."""
        pool = np.ones(len(groups), bool) if self.odd is None else pool
        self._lost, self._odd = self.sizes > self.found, np.arange(len(groups)) == self.odd
        self.pooled_df = int((self.found - 1)[pool].sum())
        self.variance = float(self.squares[pool].sum() / self.pooled_df) if self.pooled_df else math.nan
        """Within groups, pooled; NaN where no spread is known."""

    def _find_odd(self) -> int | None:
        """The group whose variance is too large beside that of all others together."""
        from scipy.special import fdtrc

        df, rest = self.found - 1, self.df - (self.found - 1)
        known = (df > 0) & (rest > 0)
        others = self.squares.sum() - self.squares
        if not known.any() or self.squares.max() <= (self.resolution**2) * self.df:
            return None
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = (self.squares / df) / (others / rest)
        p = np.where(known, fdtrc(np.maximum(df, 1), np.maximum(rest, 1), np.where(known, ratio, 0)), 1.0)
        odd = int(p.argmin())
        return odd if p[odd] * len(df) < ODD_ALPHA and len(df) > 2 else None

    def _compare_spreads(self, pool: Array) -> Spreads:
        """Of the groups in `pool` (k,). A group of equal values beside others has another spread than they have."""
        df, squares = (self.found - 1)[pool & (self.found > 1)], self.squares[pool & (self.found > 1)]
        flat = squares <= self.resolution**2 * df
        if len(df) < 2 or flat.all():
            return "equal" if len(df) else "none"
        return "unequal" if flat.any() or bartlett(squares, df) < ALPHA else "equal"

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
        if self.spreads == "unequal":
            different = pooled & (gap > self._games_howell(UNEQUAL_ALPHA, df) * own)
        else:
            different = pooled & (gap > _student(OWN_ALPHA, df) * own)
        lost, odd = self._lost | self._lost[i], self._odd | self._odd[i]
        if lost.any() or odd.any():
            by_own = gap > self._games_howell(ALPHA, df) * own
            different = np.where(odd, by_own, np.where(lost, pooled & by_own, different))
        significant: Array = different & (gap > self.resolution)
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

    def _games_howell(self, alpha: float, df: Array) -> Array:
        """Critical values (k,) of a difference over its standard error."""
        known, places = np.unique(df, return_inverse=True)
        values = [studentized_range(1 - alpha, len(self.sizes), float(d)) / math.sqrt(2) for d in known]
        return np.array(values)[places]


def _student(alpha: float, df: Array) -> Array:
    """Critical values of a difference over its standard error, two-sided."""
    from scipy.special import stdtrit

    values: Array = stdtrit(df, 1 - alpha / 2)
    return values
