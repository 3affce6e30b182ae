"""Scores as a table for people: a row for each score, with its baselines, and the protocol said once above."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ganzoo.interfaces.scores import Score

LEGEND = {
    "floor": "held-out real data",
    "memoriser": "copied training data",
    "held-out": "compared with the test split",
}
"""What the columns of baselines hold."""
FIELDS = {
    "sd": "sd",
    "floor": "floor",
    "sd.floor": "floor_sd",
    "memoriser": "memoriser",
    "sd.memoriser": "memoriser_sd",
    "heldout": "heldout",
    "heldout.floor": "heldout_floor",
}
"""The end of a score's name -> the field of the row that it belongs to: "fid.floor" is the floor of "fid"."""


@dataclass(frozen=True, kw_only=True)
class ScoreRow:
    """A score with its deviation and its baselines. None: not defined, or not measured."""

    name: str
    protocol: str
    better: str = ""
    """Which way is better: "lower", "higher", or "" for what does not rank."""
    value: float | None
    sd: float | None = None
    floor: float | None = None
    floor_sd: float | None = None
    memoriser: float | None = None
    memoriser_sd: float | None = None
    heldout: float | None = None
    heldout_floor: float | None = None


@dataclass(frozen=True)
class ScoreTable:
    """Text of a table. A line that is a string is a heading over the lines below it; the first has the titles."""

    protocol: str
    """What all rows have in common, in words: "extractor digits-judge-v1@1a2b3c4d, n = 500"."""
    lines: list[str | list[str]]
    legend: str
    """What the columns of baselines hold."""


def score_rows(
    scores: Iterable[Score], better: Mapping[str, str], fields: Mapping[str, str] = FIELDS
) -> list[ScoreRow]:
    """Rows in the order of the scores. `better` gives "lower" or "higher" by name; `fields` is what a row takes up."""
    rows: list[dict[str, Any]] = []
    latest: dict[str, dict[str, Any]] = {}
    for name, protocol, value in scores:
        stems = ((name.removesuffix(f".{end}"), field) for end, field in fields.items() if name.endswith(f".{end}"))
        if owner := next(((stem, field) for stem, field in stems if stem in latest), None):
            latest[owner[0]][owner[1]] = value
        else:
            latest[name] = {"name": name, "protocol": protocol, "better": better.get(name, ""), "value": value}
            rows.append(latest[name])
    return [ScoreRow(**row) for row in rows]


def score_table(scores: Iterable[Score], better: Mapping[str, str]) -> ScoreTable:
    """The scores of one input."""
    return _table(
        score_rows(scores, better),
        {
            "value": lambda row: number(row.value, row.sd),
            "floor": lambda row: _optional(row.floor, row.floor_sd),
            "memoriser": lambda row: _optional(row.memoriser, row.memoriser_sd),
            "held-out": _held_out,
        },
    )


def comparison_table(inputs: Sequence[str], scores: Sequence[Iterable[Score]], better: Mapping[str, str]) -> ScoreTable:
    """The scores of several inputs: a column for each. Their baselines are the same, since the real data is."""
    fields = {end: field for end, field in FIELDS.items() if not end.startswith("heldout")}
    rows = [{(row.name, row.protocol): row for row in score_rows(of_input, better, fields)} for of_input in scores]

    def column(of_input: Mapping[tuple[str, str], ScoreRow]) -> Callable[[ScoreRow], str]:
        def text(row: ScoreRow) -> str:
            own = of_input.get((row.name, row.protocol))
            return number(own.value, own.sd) if own else ""

        return text

    every = {key: row for of_input in reversed(rows) for key, row in of_input.items()}
    order = dict.fromkeys(key for of_input in rows for key in of_input)
    columns = dict(zip(inputs, map(column, rows), strict=True))
    baselines: dict[str, Callable[[ScoreRow], str]] = {
        "floor": lambda row: _optional(row.floor, row.floor_sd),
        "memoriser": lambda row: _optional(row.memoriser, row.memoriser_sd),
    }
    return _table([every[key] for key in order], columns | baselines)


def number(value: float | None, sd: float | None = None) -> str:
    """ "593.6 ± 3.5", or "not defined"."""
    if value is None:
        return "not defined"
    text = f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}"
    if sd is None:
        return text
    return f"{text} ± {sd:,.0f}" if sd >= 100 else f"{text} ± {sd:.2g}"


def in_words(conditions: Iterable[str]) -> str:
    """Conditions of a protocol for people: "extractor digits-judge-v1@1a2b3c4d, n = 500"."""
    return ", ".join(map(_in_words, conditions))


def _in_words(condition: str) -> str:
    name, equals, value = condition.partition("=")
    if not equals:
        return f"extractor {name}"
    if name == "ref":
        split, _, n = value.rpartition(":")
        return f"reference {split} ({int(n):,} samples)" if n.isdigit() else f"reference {value}"
    return f"{name} = {int(value):,}" if value.isdigit() else f"{name} = {value}"


def _optional(value: float | None, sd: float | None = None) -> str:
    return "" if value is None else number(value, sd)


def _held_out(row: ScoreRow) -> str:
    floor = "" if row.heldout_floor is None else f" (floor {number(row.heldout_floor)})"
    return _optional(row.heldout) + floor


def _table(rows: Sequence[ScoreRow], columns: Mapping[str, Callable[[ScoreRow], str]]) -> ScoreTable:
    """Rows are grouped by protocol, below a line that says where it differs. Empty columns are left out."""
    conditions = [row.protocol.split(",") for row in rows]
    common = [c for c in conditions[0] if all(c in of_row for of_row in conditions)] if rows else []
    groups: dict[str, list[ScoreRow]] = {}
    for row, of_row in zip(rows, conditions, strict=True):
        groups.setdefault(in_words(c for c in of_row if c not in common), []).append(row)
    shown = {title: text for title, text in columns.items() if any(map(text, rows))}
    lines: list[str | list[str]] = [["score", *shown, "better"]]
    for heading, members in sorted(groups.items(), key=lambda group: group[0] != ""):
        lines += [heading] if heading else []
        indent = "  " if heading else ""
        lines += [[indent + row.name, *(text(row) for text in shown.values()), row.better] for row in members]
    legend = "; ".join(f"{title}: {meaning}" for title, meaning in LEGEND.items() if title in shown)
    return ScoreTable(in_words(common), lines, legend)
