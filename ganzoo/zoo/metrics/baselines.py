"""A number means little alone: beside the samples' stand those of as many real ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from ganzoo.zoo.metrics.base import Evaluation
from ganzoo.zoo.metrics.sample_set import Measured

MOST = 10_000
"""Samples that a metric of all pairs looks at."""
Values = dict[str, float | None]
Measure = Callable[[Measured], dict[str, float]]


def equal(e: Evaluation) -> int:
    """As many as there are samples, held-out samples and training samples: 10,000 at most."""
    return min(len(e.x), len(e.data.test.x), len(e.data.train.x), MOST)


def beside(e: Evaluation, n: int, protocol: str, measure: Measure, rivals: Sequence[str] = ("floor",)) -> Values:
    """`measure` of n samples and, as `name.floor` and `name.memoriser`, of as many held-out and memorised ones.

    `protocol` is what stands in the key's brackets; with the names, it tells all that the numbers depend on.
    """
    draws = {"floor": e.real, "memoriser": e.memorised}
    found = measure(e.take(n))
    values: Values = {f"{name}[{protocol}]": value for name, value in found.items()}
    for rival in rivals:
        key = (rival, protocol, *found)
        scores = e.once(key, partial(lambda draw: measure(draw(n)), draws[rival]))
        values |= {f"{name}.{rival}[{protocol}]": value for name, value in scores.items()}
    return values


def unknown(protocol: str, *names: str) -> Values:
    """Keys without numbers, of a metric that too few samples leave undefined."""
    return {f"{name}{of}[{protocol}]": None for name in names for of in ("", ".floor")}
