"""How often the board finds differences that are not there, and those that are: on drawn results of known truth.

    python benchmarks/board_statistics.py [--tables 1000] [--groups 5 10 30] [--seeds 3 5 10] [--settings NAME ...]

Each setting draws that many tables. "error" is the share of tables without any true difference in which the board finds
one (to be reached: at most 7 %), "power" the share of true differences that it finds (at equal spread: at most two
points below Tukey's test). "tukey" is the same for Tukey's test with pooled spread alone, which the board used before.
In the settings of power, half of the groups are better, by so much that Tukey's test finds about 80 to 87 % at equal
spread. A row of each setting goes to `benchmarks/results/statistics.jsonl`, and a table to the terminal. It takes some
minutes on one core.
"""

import argparse
import datetime
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy

import ganzoo
from ganzoo.leaderboard.scale import Scale
from ganzoo.leaderboard.significance import ALPHA, Differences, studentized_range
from ganzoo.runs.environment import commit

RESULTS = Path(__file__).parent / "results" / "statistics.jsonl"
Draw = Callable[[np.random.Generator, int], np.ndarray]
"""Draws n errors of a group, with deviation 1."""
PLAIN = Scale("lower", "plain")


@dataclass(frozen=True)
class Setting:
    """Groups of seeds of known truth."""

    name: str
    spread: Callable[[int], Sequence[float]] = lambda k: [1.0] * k
    sizes: Callable[[int, int], Sequence[int]] = lambda k, n: [n] * k
    lost: float = 0.0
    """The chance that a seed is lost."""
    better: Callable[[int], Sequence[int]] = lambda k: []
    """Groups that are better than the others by `shift`."""
    asked: Callable[[int], Sequence[int]] = lambda k: range(k)
    """Groups whose differences are counted."""
    scale: Scale = PLAIN
    value: Callable[[np.ndarray], np.ndarray] = lambda errors: errors
    """Errors of a group -> values as a metric has them."""


def one_of(factor: float) -> Callable[[int], list[float]]:
    return lambda k: [1.0] * (k - 1) + [factor]


one_noisy = one_of(5)


def two_spreads(factor: float) -> Callable[[int], list[float]]:
    return lambda k: [1.0] * (k - k // 2) + [factor] * (k // 2)


def shares(errors: np.ndarray) -> np.ndarray:
    """Around 95 %, none above 100 %."""
    return np.clip(0.95 + 0.03 * errors, 0, 1)


SETTINGS = [
    Setting("equal spread"),
    Setting("one of five times the spread", one_noisy),
    Setting("one of twice the spread", one_of(2)),
    Setting("one of three times the spread", one_of(3)),
    Setting("half of three times the spread", two_spreads(3)),
    Setting("half of five times the spread", two_spreads(5)),
    Setting("unequal n: every other 2n", sizes=lambda k, n: [n if i % 2 else 2 * n for i in range(k)]),
    Setting("unequal n, one of five times", one_noisy, lambda k, n: [n if i % 2 else 2 * n for i in range(k)]),
    Setting("10 % of seeds lost", lost=0.1),
    Setting("30 % of seeds lost", lost=0.3),
    Setting("10 % lost, one of five times", one_noisy, lost=0.1),
    Setting("logarithms", scale=Scale("lower", "log"), value=lambda errors: 10 * np.exp(0.3 * errors)),
    Setting("negative scores", value=lambda errors: 0.001 * errors - 0.0005),
    Setting("shares near 1", scale=Scale("higher", "share"), value=shares),
    Setting("power, equal spread", better=lambda k: range(k // 2)),
    Setting("power, 10 % of seeds lost", lost=0.1, better=lambda k: range(k // 2)),
    Setting(
        "power of the others, one of five times",
        one_noisy,
        better=lambda k: range(k // 2),
        asked=lambda k: range(k - 1),
    ),
]


def draw(
    setting: Setting, k: int, n: int, generator: np.random.Generator
) -> tuple[list[np.ndarray], list[int], np.ndarray]:
    """Losses of the groups with a sound seed, how many seeds each lost, and which groups they are."""
    shift = 1.3 * studentized_range(1 - ALPHA, k, k * (n - 1)) / np.sqrt(n)
    better, groups, lost, kept = set(setting.better(k)), [], [], []
    for i, (size, spread) in enumerate(zip(setting.sizes(k, n), setting.spread(k), strict=True)):
        values = setting.value(generator.normal(size=size) * spread - shift * (i in better))
        values = values[generator.random(size) >= setting.lost]
        if len(values):
            groups.append(np.array([setting.scale.to_loss(float(x)) for x in values]))
            lost.append(size - len(values))
            kept.append(i)
    return groups, lost, np.array(kept)


def tukey(groups: Sequence[np.ndarray]) -> np.ndarray:
    """(k, k) whether group j is significantly below group i by Tukey's test with pooled spread."""
    sizes, means = np.array([len(g) for g in groups]), np.array([g.mean() for g in groups])
    df = int(sizes.sum()) - len(groups)
    variance = sum(((g - g.mean()) ** 2).sum() for g in groups) / df
    errors = np.sqrt(variance / 2 * (1 / sizes[:, None] + 1 / sizes))
    return means[:, None] - means > studentized_range(1 - ALPHA, len(groups), df) * errors


def found(setting: Setting, k: int, n: int, tables: int) -> dict[str, float]:
    """Shares of tables with a false difference, or of true differences that are found."""
    generator, ours, theirs = np.random.default_rng([k, n]), [], []
    for _ in range(tables):
        groups, lost, kept = draw(setting, k, n, generator)
        test = Differences(groups, lost)
        below = np.array([test.below(i) for i in range(len(groups))])
        better = np.isin(kept, list(setting.better(k)))
        asked = np.isin(kept, list(setting.asked(k)))
        true = asked[:, None] & asked & ~better[:, None] & better
        for result, matrix in ((ours, below), (theirs, tukey(groups))):
            if better.any():
                result += list(matrix[true])
            else:
                result.append(bool(matrix.any()))
    return {"power" if setting.better(k) else "error": float(np.mean(ours)), "tukey": float(np.mean(theirs))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=1_000)
    parser.add_argument("--groups", type=int, nargs="+", default=[5, 10, 30])
    parser.add_argument("--seeds", type=int, nargs="+", default=[3, 5, 10])
    parser.add_argument("--settings", nargs="+", choices=[s.name for s in SETTINGS], default=[s.name for s in SETTINGS])
    arguments = parser.parse_args()
    about = {"tables": arguments.tables, "date": datetime.date.today().isoformat(), "ganzoo": ganzoo.__version__}
    about |= {"numpy": np.__version__, "scipy": scipy.__version__, "commit": commit()[0]}
    cases = [(n, k) for n in arguments.seeds for k in arguments.groups]
    print("| setting | " + " | ".join(f"{n} seeds, {k}" for n, k in cases) + " |\n|---" + "|---" * len(cases) + "|")
    for setting in (s for s in SETTINGS if s.name in arguments.settings):
        cells = []
        for n, k in cases:
            shares_found = found(setting, k, n, arguments.tables)
            ours, theirs = shares_found.values()
            cells.append(f"{100 * ours:.1f} ({100 * theirs:.1f})")
            row = {"setting": setting.name, "groups": k, "seeds": n} | shares_found | about
            with open(RESULTS, "a") as file:
                file.write(json.dumps(row) + "\n")
        print(f"| {setting.name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
