"""The power that a test of the board can have at most, if it seldom takes one wide combination for a difference.

    python benchmarks/board_bound.py [--groups 5 10 30] [--seeds 3 5 10]

The class of tests: two groups differ if their means are farther apart than a critical distance, which may depend on all
spreads that are seen, in any way. The bound is for an oracle: it knows that all groups have spread 1 but perhaps one,
whose spread it knows to be r, and not which one it is. Only false differences of that group count against it: at most
7 %. The true differences are those of `board_statistics.py`, where all spreads are equal.

A pair belongs to the one of its groups that was seen to be the wider. So let v be the variance of a group, and m the
number of groups that seem less wide. By Neyman and Pearson the best distance c(v, m) maximizes

    m P(true difference > c) - mu L(v) P(any of m false differences > c),

with the likelihood ratio L of spread r to spread 1, and mu such that the error is 7 %. (One c for all m is best: with s
of m distances at c and the others at c', the expression is convex in s.) The least of these powers over r is a bound.
No test need reach it. It takes seconds, and nothing is drawn.
"""

import argparse

import numpy as np
from scipy.stats import binom, chi2, norm

from ganzoo.leaderboard.significance import ALPHA, studentized_range

LEVEL = 0.07
SPREADS = (1.5, 2, 2.5, 3, 3.25, 3.5, 4, 5, 7, 10)
"""Of the wide group."""


def bound(n: int, k: int, spread: float) -> float:
    """The power (0 to 1) of the oracle for k groups of n values. Distances are in units of a mean's deviation."""
    df, shift = n - 1, 1.3 * studentized_range(1 - ALPHA, k, k * (n - 1))
    distances = np.append(np.linspace(0, 10, 201), np.inf)
    power = norm.sf((distances - shift) / np.sqrt(2))
    means = np.linspace(-5, 5, 401)
    weights = norm.pdf(means) / norm.pdf(means).sum()
    near = norm.cdf(spread * means[:, None] + distances) - norm.cdf(spread * means[:, None] - distances)
    edges = np.geomspace(1e-4, 20 * spread**2, 801)
    equal, wide = (np.diff(chi2.cdf(edges * df / s**2, df)) for s in (1, spread))
    ratio = wide / np.maximum(equal, 1e-300)
    lower = chi2.cdf(np.sqrt(edges[1:] * edges[:-1]) * df, df)
    ms = np.arange(1, k)
    errors = [1 - weights @ near**m for m in ms]
    chances = [binom.pmf(m, k - 1, lower) for m in ms]

    def best(mu: float) -> tuple[float, float]:
        """Power and error of the best distances."""
        found, error = 0.0, 0.0
        for m, false, chance in zip(ms, errors, chances, strict=True):
            c = (m * power - mu * ratio[:, None] * false).argmax(1)
            found += float((equal * chance * m * power[c]).sum())
            error += float((wide * chance * false[c]).sum())
        return 2 * found / (k - 1), error

    low, high = -4.0, 12.0  # log mu
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if best(np.exp(middle))[1] > LEVEL else (low, middle)
    return best(np.exp(low))[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", type=int, nargs="+", default=[5, 10, 30])
    parser.add_argument("--seeds", type=int, nargs="+", default=[3, 5, 10])
    arguments = parser.parse_args()
    print("| seeds, groups | power at most | at spread |\n|---|---|---|")
    for n in arguments.seeds:
        for k in arguments.groups:
            power, spread = min((bound(n, k, spread), spread) for spread in SPREADS)
            print(f"| {n}, {k} | {100 * power:.1f} | {spread:g} |", flush=True)


if __name__ == "__main__":
    main()
