"""A board as text, Markdown, CSV and JSON."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import asdict
from typing import Any

import msgspec

from ganzoo.leaderboard.board import Board
from ganzoo.leaderboard.columns import columns, title
from ganzoo.leaderboard.labels import slug
from ganzoo.leaderboard.numbers import finite, short
from ganzoo.leaderboard.rows import Row
from ganzoo.leaderboard.summary import Summary
from ganzoo.leaderboard.tables import Table


def heading(table: Table) -> str:
    """ "digits by FID [protocol]"."""
    return f"{table.data} by {title(table.metric)} [{table.protocol}]"


def remarks(table: Table) -> list[str]:
    """What stands below a table."""
    flags = [f"{row.label}: {flag}." for row in table.rows for flag in row.flags]
    return [summary(table), *table.notes, *flags]


def summary(table: Table) -> str:
    """How many there are, and how near is a tie."""
    runs, n = sum(row.n for row in table.rows), len(table.rows)
    text = f"{n} combination{'s' * (n != 1)}, {runs} run{'s' * (runs != 1)}."
    if math.isnan(table.least) or math.isinf(table.least):
        return text
    near = f"a factor of {short(table.least)}" if table.better == "lower" else short(table.least)
    sizes = sorted(row.n for row in table.rows)
    seeds = f"{sizes[0]} seeds each" if sizes[0] == sizes[-1] else f"at {sizes[len(sizes) // 2]} seeds"
    return f"{text} Means closer than {near} are a tie (Tukey's test at 5 %, {seeds})."


def cells(table: Table) -> list[list[str]]:
    """Title row and rows."""
    shown = columns(table)
    return [[c.title for c in shown], *([c.cell(row) for c in shown] for row in table.rows)]


def markdown(board: Board) -> str:
    """With a heading for each table, and the published figures apart."""
    parts = [f"## {heading(table)}\n\n{_pipes(cells(table))}\n\n{_list(remarks(table))}" for table in board.tables]
    if board.published:
        parts.append("## Published figures: cited, and not comparable with the tables above")
    for source in board.published:
        rows = [["method", *source.columns], *([row.method, *row.values] for row in source.rows)]
        parts.append(f"### {source.title}\n\n{source.citation}. {source.data}; {source.protocol}.\n\n{_pipes(rows)}")
    if board.notes:
        parts.append(f"## Notes\n\n{_list(board.notes)}")
    return "\n\n".join(parts)


def _pipes(rows: list[list[str]]) -> str:
    clean = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    lines = [clean[0], ["---"] * len(clean[0]), *clean[1:]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _list(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


# ---------------------------------------------------------------- for machines


def as_csv(board: Board) -> str:
    """One row a combination and table, numbers in full."""
    rows = [{"table": heading(table), **_flat(described(table, row))} for table in board.tables for row in table.rows]
    names = list(dict.fromkeys(name for row in rows for name in row))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def as_json(board: Board) -> str:
    """All of it: `ganzoo.board/1`."""
    whole = {
        "schema": "ganzoo.board/1",
        "match": board.options.match,
        "min_level": board.options.min_level,
        "tables": [_table(table) for table in board.tables],
        "notes": board.notes,
        "not_read": [asdict(problem) for problem in board.problems],
    }
    return msgspec.json.format(msgspec.json.encode(whole), indent=1).decode()


def _table(table: Table) -> dict[str, Any]:
    whole: dict[str, Any] = {"data": table.data, "revision": table.revision, "key": table.key, "better": table.better}
    whole |= {"least_significant": finite(table.least), "notes": table.notes}
    return whole | {"rows": [described(table, row) for row in table.rows]}


def described(table: Table, row: Row) -> dict[str, Any]:
    """A row, for machines. None is not known, or no number because runs failed."""
    budget = {
        "images": row.middle(lambda mark: mark.images),
        "g_moves": row.middle(lambda mark: mark.g_moves),
        "images_per_s": row.middle(lambda mark: mark.speed),
        "core_s": row.middle(lambda mark: mark.core_s),
    }
    return {
        "rank": row.rank,
        "combination": row.label,
        "spec": row.record.spec,
        "recipe_id": row.record.recipe_id,
        "page": slug(row),
        "runs": row.n,
        "failed": row.count("failed"),
        "collapsed": row.count("collapsed"),
        "open": row.count("absent"),
        "chance_of_best": row.chance,
        "best": row.best(table.key),
        table.metric: _summary(row.summary),
        **{name: _summary(found) for name, found in row.others.items() if name != table.metric},
        **budget,
        "parameters": row.parameters,
        "level": row.level,
        "flags": row.flags,
    }


def _summary(summary: Summary | None) -> dict[str, float | None]:
    return {name: finite(value) for name, value in vars(summary).items()} if summary else {}


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": v for inner, v in value.items()}
        else:
            flat[name] = "; ".join(value) if isinstance(value, list) else value
    return flat
