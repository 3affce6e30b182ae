"""Scores as a table for people: a row for each score, with its baselines, and the protocol once above."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ganzoo.interfaces.scores import Score

LEGEND = {
    "floor": "held-out real data",
    "memoriser": "copied training data",
    "held-out": "compared with the test split",
}
"""What the columns of baselines hold."""
BASELINES = ("floor", "memoriser", "sd", "sd.floor", "sd.memoriser")
"""Ends of the names of scores that belong to the row of another: "fid.floor" is the floor of "fid"."""
HELD_OUT = ("heldout", "heldout.floor")
"""Ends of names that are a column where there is one input: there are rows of them where there are several."""


@dataclass(frozen=True, kw_only=True)
class ScoreRow:
    """A score with its deviation and its baselines. None: not defined, or not measured."""

    name: str
    protocol: str
    better: str
    """Which way is better: "lower", "higher", or "" for what does not rank."""
    value: float | None
    sd: float | None = None
    floor: float | None = None
    sd_floor: float | None = None
    memoriser: float | None = None
    sd_memoriser: float | None = None
    heldout: float | None = None
    heldout_floor: float | None = None


class ScoreTable(NamedTuple):
    """The text of a table."""

    protocol: str
    """What all rows have in common, in words: "extractor digits-judge-v1@1a2b3c4d, n = 500"."""
    lines: list[str | list[str]]
    """Titles, then rows. A string is a heading over the rows below it."""
    legend: str
    """What the columns of baselines hold."""


def score_rows(
    scores: Iterable[Score], better: Mapping[str, str], columns: Sequence[str] = (*BASELINES, *HELD_OUT)
) -> list[ScoreRow]:
    """Rows in the order of the scores. `better` says by name which way is better; `columns` get no row of their own.

    They belong to the score of the same protocol, else to the one before them: the protocol of a floor may say more.
    """
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    latest: dict[str, dict[str, Any]] = {}
    for name, protocol, value in scores:
        stems = {name.removesuffix(f".{end}"): end for end in columns if name.endswith(f".{end}")}
        if stem := next((stem for stem in stems if stem in latest), ""):
            rows.get((stem, protocol), latest[stem])[stems[stem].replace(".", "_")] = value
        else:
            latest[name] = rows[name, protocol] = {"better": better.get(name, ""), "value": value}
    return [ScoreRow(name=name, protocol=protocol, **row) for (name, protocol), row in rows.items()]


def score_table(inputs: Mapping[str, Iterable[Score]], better: Mapping[str, str]) -> ScoreTable:
    """A column for each input, by its title. Baselines are those of all inputs, which have the same real data."""
    single = len(inputs) == 1
    columns = (*BASELINES, *HELD_OUT) if single else BASELINES
    by_input = {
        title: {(row.name, row.protocol): row for row in score_rows(scores, better, columns)}
        for title, scores in inputs.items()
    }

    def value_in(rows: Mapping[tuple[str, str], ScoreRow]) -> Callable[[ScoreRow], str]:
        return lambda row: number(own.value, own.sd) if (own := rows.get((row.name, row.protocol))) else ""

    texts: dict[str, Callable[[ScoreRow], str]] = {title: value_in(rows) for title, rows in by_input.items()}
    texts["floor"] = lambda row: optional(row.floor, row.sd_floor)
    texts["memoriser"] = lambda row: optional(row.memoriser, row.sd_memoriser)
    texts["held-out"] = lambda row: optional(row.heldout) + optional(row.heldout_floor, form=" (floor {})")
    rows = {key: row for of_input in by_input.values() for key, row in of_input.items()}
    return _laid_out(list(rows.values()), texts)


def _laid_out(rows: Sequence[ScoreRow], columns: Mapping[str, Callable[[ScoreRow], str]]) -> ScoreTable:
    """Rows are grouped by protocol, below a heading that says where it differs. Empty columns are left out."""
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


def number(value: float | None, sd: float | None = None) -> str:
    """ "593.6 ± 3.5", or "not defined"."""
    if value is None:
        return "not defined"
    text = f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}"
    return text if sd is None else f"{text} ± {sd:,.0f}" if sd >= 100 else f"{text} ± {sd:.2g}"


def optional(value: float | None, sd: float | None = None, form: str = "{}") -> str:
    """A number, or nothing."""
    return "" if value is None else form.format(number(value, sd))


def in_words(conditions: Iterable[str]) -> str:
    """Conditions of a protocol for people: "extractor digits-judge-v1@1a2b3c4d, n = 500"."""
    return ", ".join(map(_in_words, conditions))


def _in_words(condition: str) -> str:
    name, equals, value = condition.partition("=")
    if name == "ref":
        split, _, n = value.rpartition(":")
        return f"reference {split} ({int(n):,} samples)" if n.isdigit() else f"reference {value}"
    return f"{name} = {int(value):,}" if value.isdigit() else f"{name} = {value}" if equals else f"extractor {name}"
