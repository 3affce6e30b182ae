"""Which of several inputs is better, where extractors agree on it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

from ganzoo.interfaces.scores import Metrics
from ganzoo.zoo.metrics.base import Metric

UNKNOWN = "no order is stated, since how far it differs from draw to draw is not known"


def verdicts(names: Sequence[str], values: Sequence[Metrics], metrics: Sequence[Metric]) -> dict[str, list[str]]:
    """For each number that ranks, a line for each two inputs: "a before b", or "a and b tie", and why.

    Two tie where extractors disagree on their order, and where they differ by less than their draws do. Of a number
    whose draws nobody measured, one line says that it states no order: two draws of one generator differ as well.
    """
    better = {name: way for metric in metrics for name, way in metric.better.items()}
    said = {}
    for name, way in better.items():
        keys = [key for key in values[0] if key.partition("[")[0] == name]
        if keys and len(names) > 1:
            pairs = combinations(range(len(names)), 2)
            said[name] = [line for i, j in pairs if (line := _verdict(names, values, keys, way, i, j))]
            if not said[name] and _differ(values, keys):
                said[name] = [UNKNOWN]
    return {name: lines for name, lines in said.items() if lines}


def _verdict(
    names: Sequence[str], values: Sequence[Metrics], keys: Sequence[str], way: str, i: int, j: int
) -> str | None:
    signs = {key: sign for key in keys if (sign := _sign(values[i], values[j], key)) is not None}
    if not signs:
        return None
    if set(signs.values()) == {-1, 1}:
        return f"{names[i]} and {names[j]} tie: extractors disagree on their order"
    if 0 in signs.values():
        return f"{names[i]} and {names[j]} tie: they differ by less than their draws do"
    first, second = (i, j) if (next(iter(signs.values())) < 0) == (way == "lower") else (j, i)
    return f"{names[first]} before {names[second]}"


def _differ(values: Sequence[Metrics], keys: Sequence[str]) -> bool:
    return any(len({metrics.get(key) for metrics in values} - {None}) > 1 for key in keys)


def _sign(a: Mapping[str, float | None], b: Mapping[str, float | None], key: str) -> int | None:
    """-1 where the first has less, 0 where they tie, None where one has no number of that key, or no spread."""
    name, bracket, protocol = key.partition("[")
    x, y = a.get(key), b.get(key)
    if x is None or y is None:
        return None
    if x == y:
        return 0
    one, other = (values.get(f"{name}.sd{bracket}{protocol}") for values in (a, b))
    if one is None or other is None:
        return None
    return 0 if abs(x - y) <= math.hypot(one, other) else -1 if x < y else 1
