"""Which of several inputs is better, where extractors agree on it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

from ganzoo.interfaces.scores import Score

UNDECIDED = "no order is stated, because the variation from draw to draw is not known"
ScoresByKey = Mapping[tuple[str, str], float | None]
"""(name, protocol) -> value."""


def verdicts(
    inputs: Sequence[str], scores: Sequence[Sequence[Score]], better: Mapping[str, str]
) -> dict[str, list[str]]:
    """For each name that ranks, a line for each pair of inputs: "a before b", or "a and b tie", and why.

    `better` says for each name which way is better, "lower" or "higher". Two inputs tie where extractors disagree on
    their order, or they differ by less than their draws do. If no deviation between draws is known, one line says that
    no order is stated.
    """
    values: list[ScoresByKey] = [{(name, protocol): value for name, protocol, value in of_input} for of_input in scores]
    lines = {}
    for name, way in better.items() if len(inputs) > 1 else ():
        keys = [key for key in values[0] if key[0] == name]
        pairs = combinations(zip(inputs, values, strict=True), 2)
        orders = {(a, b): {_sign(x, y, *key) for key in keys} - {None} for (a, x), (b, y) in pairs}
        if known := [_verdict(*titles, signs, way) for titles, signs in orders.items() if signs]:
            lines[name] = known
        elif any(len({of_input.get(key) for of_input in values} - {None}) > 1 for key in keys):
            lines[name] = [UNDECIDED]
    return lines


def _verdict(a: str, b: str, signs: set[int | None], way: str) -> str:
    if signs == {-1, 1}:
        return f"{a} and {b} tie: extractors disagree on their order"
    if 0 in signs:
        return f"{a} and {b} tie: they differ by less than their draws do"
    return f"{a} before {b}" if (signs == {-1}) == (way == "lower") else f"{b} before {a}"


def _sign(a: ScoresByKey, b: ScoresByKey, name: str, protocol: str) -> int | None:
    """-1 where the first has less, 1 where it has more, 0 where they tie; None if a value or a deviation is missing."""
    x, y = (values.get((name, protocol)) for values in (a, b))
    if x is None or y is None:
        return None
    if x == y:
        return 0
    sd_x, sd_y = (values.get((f"{name}.sd", protocol)) for values in (a, b))
    if sd_x is None or sd_y is None:
        return None
    return 0 if abs(x - y) <= math.hypot(sd_x, sd_y) else -1 if x < y else 1
