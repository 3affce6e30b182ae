"""The power that a test of the board can have at most, if it seldom takes one wide combination for a difference.

    python benchmarks/board_bound.py [--groups 5 10 30] [--seeds 3 5 10]

The class of tests: two groups differ if their means are farther apart than a critical distance, which may depend on all
spreads that are seen, in any way that does not depend on the unit of the values. The bound is for an oracle: it knows
that all groups have one spread but perhaps one, whose spread is r times as large, and it knows r, but not which one it
is. Only false differences of that group count against it: at most 7 %. The true differences are those of
`board_statistics.py`, where all spreads are equal.

A critical distance is then g S, where S² is the variance pooled over all groups, and g depends on the shares that the
groups have in its sum of squares. A pair belongs to the one of its groups that was seen to be the wider. Let u be the
share of a group, and m the number of groups with smaller shares. By Neyman and Pearson the best g(u, m) maximizes

    m P(true difference > g S) - mu L(u) P(any of m false differences > g S given u),

with the likelihood ratio L of spread r to spread 1, and mu such that the error is 7 %. Given shares, S² is independent
of them if all spreads are equal, and is divided by 1 - u + u / r² if u is the wide group's share; m depends on u alike
in both cases. (One g for all m is best: with s of m distances at g and the others at g', the expression is convex in
s.) The least of these powers over r is a bound. No test need reach it. Only P(m given u) is drawn: two draws differed
by 0.2 points at most. It takes some minutes.
"""

import argparse
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.stats import beta, chi2, norm

from ganzoo.leaderboard.significance import ALPHA, studentized_range

LEVEL = 0.07
SPREADS = (1.5, 2, 2.5, 3, 3.5, 4, 5)
"""Of the wide group. Wider ones are easier to tell."""
FACTORS = np.append(np.linspace(0, 12, 241), 1e9)
"""The values that g may take; the last rejects nothing."""
EDGES = np.concatenate([np.geomspace(1e-6, 0.5, 301), 1 - np.geomspace(0.5, 1e-6, 301)[1:]])
"""Of the intervals of shares u."""
SHARES = np.sqrt(EDGES[1:] * EDGES[:-1])
DRAWS = 4_000
MEANS = np.linspace(-5, 5, 161)
WEIGHTS = norm.pdf(MEANS) / norm.pdf(MEANS).sum()
"""Of the wide group's mean, in units of its own deviation."""


@dataclass
class Oracle:
    """For k groups of n values. Distances are in units of the standard deviation of a group's mean."""

    n: int
    k: int
    seed: int = 0

    def pooled(self, points: int) -> np.ndarray:
        """Values of S, equally likely, at equal spreads of 1."""
        df = self.k * (self.n - 1)
        return np.sqrt(chi2.ppf((np.arange(points) + 0.5) / points, df) / df)

    def chances(self, spread: float) -> np.ndarray:
        """(U,) probability of each interval of u, for a group of this spread beside others of spread 1."""
        a = (self.n - 1) / 2
        return np.diff(beta.cdf(EDGES / (EDGES + spread**2 * (1 - EDGES)), a, a * (self.k - 1)))

    @cached_property
    def below(self) -> np.ndarray:
        """(k - 1, U) probability that m = 1, 2, ... of the other groups have smaller shares."""
        generator = np.random.default_rng(self.seed)
        others = generator.dirichlet([(self.n - 1) / 2] * (self.k - 1), DRAWS)
        counts = np.array([(others * (1 - u) < u).sum(1) for u in SHARES])
        return np.stack([(counts == m).mean(1) for m in range(1, self.k)])

    @cached_property
    def power(self) -> np.ndarray:
        """(G,) probability that one true difference is above g S."""
        shift = 1.3 * studentized_range(1 - ALPHA, self.k, self.k * (self.n - 1))
        return norm.sf((FACTORS * self.pooled(400)[:, None] - shift) / np.sqrt(2)).mean(0)

    def errors(self, spread: float, m: int) -> np.ndarray:
        """(U, G) probability that any of m false differences of the wide group is above g S."""
        distances = np.append(np.linspace(0, 80, 1601), 1e9)
        near = norm.cdf(spread * MEANS[:, None] + distances) - norm.cdf(spread * MEANS[:, None] - distances)
        any_above = 1 - WEIGHTS @ near**m
        s = self.pooled(50) / np.sqrt(1 - SHARES + SHARES / spread**2)[:, None]
        return np.stack([np.interp(FACTORS * row[:, None], distances, any_above).mean(0) for row in s])

    def bound(self, spread: float) -> float:
        """The power (0 to 1) of the best distances."""
        gains, harms = [], []
        for m, chance in enumerate(self.below, start=1):
            gains.append((self.chances(1) * chance * 2 * m / (self.k - 1))[:, None] * self.power)
            harms.append((self.chances(spread) * chance)[:, None] * self.errors(spread, m))

        def best(mu: float) -> tuple[float, float]:
            """Power and error of the best distances."""
            found = error = 0.0
            for gain, harm in zip(gains, harms, strict=True):
                chosen = np.arange(len(SHARES)), (gain - mu * harm).argmax(1)
                found, error = found + gain[chosen].sum(), error + harm[chosen].sum()
            return found, error

        low, high = -6.0, 8.0  # log mu
        for _ in range(20):
            middle = (low + high) / 2
            low, high = (middle, high) if best(np.exp(middle))[1] > LEVEL else (low, middle)
        found, error = best(np.exp(high))
        return float(found + np.exp(high) * (LEVEL - error))  # above what any mu gives at this level


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", type=int, nargs="+", default=[5, 10, 30])
    parser.add_argument("--seeds", type=int, nargs="+", default=[3, 5, 10])
    arguments = parser.parse_args()
    print("| seeds, groups | power at most | at spread |\n|---|---|---|")
    for n in arguments.seeds:
        for k in arguments.groups:
            oracle = Oracle(n, k)
            power, spread = min((oracle.bound(spread), spread) for spread in SPREADS)
            print(f"| {n}, {k} | {100 * power:.1f} | {spread:g} |", flush=True)


if __name__ == "__main__":
    main()
