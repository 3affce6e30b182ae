"""Which of several inputs is better, where extractors agree on it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import combinations

from ganzoo.evaluation.table import BASELINES, ScoreRow, score_rows
from ganzoo.interfaces.scores import Score

UNDECIDED = "no order is stated, because the variation from draw to draw is not known"
Rows = Mapping[str, ScoreRow]
"""Protocol -> the row of one score."""


def verdicts(inputs: Mapping[str, Iterable[Score]], better: Mapping[str, str]) -> dict[str, list[str]]:
    """For each name that ranks, a line for each pair of inputs: "a before b", or "a and b tie", and why.

    `better` says for each name which way is better, "lower" or "higher". Two inputs tie where extractors disagree on
    their order, or they differ by less than their draws do. If no deviation between draws is known, one line says that
    no order is stated.
    """
    rows = {title: score_rows(scores, better, BASELINES) for title, scores in inputs.items()}
    lines = {}
    for name, way in better.items():
        named = [(title, {row.protocol: row for row in rows[title] if row.name == name}) for title in rows]
        pairs = list(combinations(named, 2))
        lines[name] = [line for a, b in pairs if (line := _verdict(*a, *b, way))]
        if not lines[name] and any(_differ(a, b) for (_, a), (_, b) in pairs):
            lines[name] = [UNDECIDED]
    return {name: of_name for name, of_name in lines.items() if of_name}


def _verdict(a: str, rows_a: Rows, b: str, rows_b: Rows, way: str) -> str | None:
    signs = {_sign(row, rows_b[protocol]) for protocol, row in rows_a.items() if protocol in rows_b} - {None}
    if not signs:
        return None
    if signs == {-1, 1}:
        return f"{a} and {b} tie: extractors disagree on their order"
    if 0 in signs:
        return f"{a} and {b} tie: they differ by less than their draws do"
    return f"{a} before {b}" if (signs == {-1}) == (way == "lower") else f"{b} before {a}"


def _differ(a: Rows, b: Rows) -> bool:
    return any(row.value is not None and b[p].value not in (None, row.value) for p, row in a.items() if p in b)


def _sign(a: ScoreRow, b: ScoreRow) -> int | None:
    """-1 where the first has less, 1 where it has more, 0 where they tie; None if a value or a deviation is missing."""
    if a.value is None or b.value is None:
        return None
    if a.value == b.value:
        return 0
    if a.sd is None or b.sd is None:
        return None
    return 0 if abs(a.value - b.value) <= math.hypot(a.sd, b.sd) else -1 if a.value < b.value else 1
