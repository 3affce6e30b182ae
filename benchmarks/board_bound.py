"""The power that a test of the board can have at most, if it seldom takes one wide combination for a difference.

    python benchmarks/board_bound.py [--groups 5 10 30] [--seeds 3 5 10] [--spread 3]

The class of tests: two groups differ if their means are farther apart than a critical distance, which may depend on all
spreads that are seen, in any way that does not depend on the unit of the values. The bound is for an oracle: it knows
that all groups have one spread but perhaps one, whose spread is r times as large, and it knows r, but not which one it
is. Only false differences of that group count against it: at most 7 % of tables, in the one setting "one of three times
the spread" of `board_statistics.py`. The true differences are those of its setting "power, equal spread".

A critical distance is g S, where S² is the variance pooled over all k groups. Let u be the share of a group in the sum
of squares within groups, and L(u) the likelihood ratio of spread r to spread 1. S² does not depend on shares if all
spreads are equal; else it is divided by 1 - u + u / r², where u is the share of the wide group.

1. Let e(g, u) be the probability that any of k - 1 false differences is above g S, if the wide group has share u. With
   another g for each, it is at least the mean of these e: given the wide group's mean and S, the chance that none is
   above is a product of k - 1 factors, which is at most the mean of their powers of k - 1.
2. So a pair (i, j) costs at least (L(u_i) e(g, u_i) + L(u_j) e(g, u_j)) / 2, and finds a true difference with a
   probability of P(g). By Lagrange, for any mu, the power is at most

       0.07 mu + E max_g [P(g) - mu (L(u_i) e(g, u_i) + L(u_j) e(g, u_j)) / 2],

   the expectation over the shares of a pair if all spreads are equal. The least of these over mu is printed.

No test need reach it. Nothing is drawn; with twice as many intervals of u it changes by less than 0.1 points.
"""

import argparse
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.stats import beta, chi2, norm

from ganzoo.leaderboard.significance import ALPHA, studentized_range

LEVEL = 0.07
FACTORS = np.append(np.linspace(0, 12, 241), 1e9)
"""The values that g may take; the last rejects nothing."""
MEANS = np.linspace(-5, 5, 161)
WEIGHTS = norm.pdf(MEANS) / norm.pdf(MEANS).sum()
"""Of the wide group's mean, in units of its own deviation."""
AT_ONCE = 4_000
"""Pairs of shares."""


@dataclass
class Oracle:
    """For k groups of n values. Distances are in units of the standard deviation of a group's mean."""

    n: int
    k: int
    spread: float
    intervals: int = 120
    """Of shares u."""

    @cached_property
    def edges(self) -> np.ndarray:
        """Of the intervals of shares, finer near 0 and 1."""
        low, high = (np.geomspace(least, 0.5, self.intervals // 2) for least in (1e-5, 1e-4))
        return np.concatenate([[0], low, 1 - high[-2::-1], [1]])

    @cached_property
    def shares(self) -> np.ndarray:
        """(U,) middles of the intervals."""
        return (self.edges[1:] + self.edges[:-1]) / 2

    def pooled(self, points: int) -> np.ndarray:
        """Values of S, equally likely, at equal spreads of 1."""
        df = self.k * (self.n - 1)
        return np.sqrt(chi2.ppf((np.arange(points) + 0.5) / points, df) / df)

    def chances(self, spread: float) -> np.ndarray:
        """(U,) probability of each interval of u, for a group of this spread beside others of spread 1."""
        a = (self.n - 1) / 2
        return np.diff(beta.cdf(self.edges / (self.edges + spread**2 * (1 - self.edges)), a, a * (self.k - 1)))

    def pairs(self) -> np.ndarray:
        """(U, U) probability of the shares of two groups, at equal spreads."""
        a = (self.n - 1) / 2
        rest = np.clip(self.edges / (1 - self.shares[:, None]), 0, 1)
        both = self.chances(1)[:, None] * np.diff(beta.cdf(rest, a, a * (self.k - 2)), axis=1)
        return (both + both.T) / 2

    def power(self) -> np.ndarray:
        """(G,) probability that one true difference is above g S."""
        shift = 1.3 * studentized_range(1 - ALPHA, self.k, self.k * (self.n - 1))
        return norm.sf((FACTORS * self.pooled(400)[:, None] - shift) / np.sqrt(2)).mean(0)

    def errors(self) -> np.ndarray:
        """(U, G) probability that any of k - 1 false differences of the wide group is above g S."""
        distances = np.append(np.linspace(0, 80, 1601), 1e9)
        ends = self.spread * MEANS[:, None]
        near = norm.cdf(ends + distances) - norm.cdf(ends - distances)
        any_above = 1 - WEIGHTS @ near ** (self.k - 1)
        s = self.pooled(50) / np.sqrt(1 - self.shares + self.shares / self.spread**2)[:, None]
        return np.stack([np.interp(FACTORS * row[:, None], distances, any_above).mean(0) for row in s])

    def bound(self) -> float:
        """The power (0 to 1) that no test exceeds."""
        ratio = self.chances(self.spread) / np.maximum(self.chances(1), 1e-300)
        power, cost, pairs = self.power(), ratio[:, None] * self.errors() / 2, self.pairs()
        first, second = np.nonzero(pairs > 1e-12)
        parts = np.array_split(np.arange(len(first)), len(first) // AT_ONCE + 1)

        def above(log_mu: float) -> float:
            mu = np.exp(log_mu)
            found = 1 - pairs[first, second].sum()  # as if those left out were all found
            for part in parts:
                i, j = first[part], second[part]
                found += pairs[i, j] @ (power - mu * (cost[i] + cost[j])).max(1)
            return found + LEVEL * mu

        return float(minimize_scalar(above, bounds=(-6, 6), method="bounded", options={"xatol": 1e-2}).fun)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", type=int, nargs="+", default=[5, 10, 30])
    parser.add_argument("--seeds", type=int, nargs="+", default=[3, 5, 10])
    parser.add_argument("--spread", type=float, default=3)
    arguments = parser.parse_args()
    print("| seeds, groups | power at most |\n|---|---|")
    for n in arguments.seeds:
        for k in arguments.groups:
            print(f"| {n}, {k} | {100 * Oracle(n, k, arguments.spread).bound():.1f} |", flush=True)


if __name__ == "__main__":
    main()
