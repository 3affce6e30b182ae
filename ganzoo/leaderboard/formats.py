"""A board as Markdown, CSV and JSON, and the text of its tables."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from ganzoo.leaderboard.board import Board
from ganzoo.leaderboard.columns import columns, metric_title
from ganzoo.leaderboard.numbers import format_number
from ganzoo.leaderboard.published import PublishedTable
from ganzoo.leaderboard.rows import BoardRow
from ganzoo.leaderboard.stats import Summary
from ganzoo.leaderboard.tables import BoardTable


def table_heading(table: BoardTable) -> str:
    """ "digits by FID [protocol]"."""
    return f"{table.data} by {metric_title(table.metric)} [{table.protocol}]"


def table_remarks(table: BoardTable) -> list[str]:
    """The sentences below a table: its size and what is a tie, how it was tested, its notes, the flags of rows."""
    flags = [f"{row.label}: {flag}." for row in table.rows for flag in row.flags]
    return [_size_and_ties(table), *_tests(table), *table.notes, *flags]


def _size_and_ties(table: BoardTable) -> str:
    runs, n = sum(row.n for row in table.rows), len(table.rows)
    text = f"{n} combination{'s' * (n != 1)}, {runs} run{'s' * (runs != 1)}."
    if not math.isfinite(table.least):
        return text
    near = f"a factor of {format_number(table.least)}" if table.scale.log else format_number(table.least)
    sizes = sorted(row.n for row in table.rows)
    median = sizes[len(sizes) // 2]
    seeds = f"{median} seeds each" if sizes[0] == sizes[-1] else f"a median of {median} seed{'s' * (median != 1)}"
    return (
        f"{text} Two combinations whose means are closer than {near} tie: chance alone can separate them that far "
        f"({seeds}). If the seeds of either scatter widely, they tie at larger distances, too."
    )


def _tests(table: BoardTable) -> Iterator[str]:
    if table.odd:
        yield (
            f"{table.odd.label}: its seeds scatter much more than those of the others, so it is "
            "compared by its own spread alone (Games and Howell's test)."
        )
    if table.spreads == "unequal":
        yield (
            "Spreads differ between combinations (Bartlett's test), so their means must differ by more to be told "
            "apart. This finds fewer differences."
        )
    if any(row.lost for row in table.rows):
        yield (
            "A lost seed, one that diverged or collapsed, counts in each comparison as the worst score of the two "
            "combinations. A combination without any other seed has no rank. Collapsed means that fewer than half of "
            "the modes that real data reach have at least five samples, also where G has not learned them yet."
        )
    if any(row.count("failed") for row in table.rows):
        yield "Runs that failed for another reason than their training are not counted."


def table_texts(table: BoardTable) -> list[list[str]]:
    """The titles of the columns, then each row."""
    shown = columns(table)
    return [[c.title for c in shown], *([c.full_text(row) for c in shown] for row in table.rows)]


def published_texts(table: PublishedTable) -> list[list[str]]:
    """The titles of the columns, then each row."""
    return [["method", *table.columns], *([row.method, *row.values] for row in table.rows)]


def as_markdown(board: Board) -> str:
    """With a heading for each table, and the published figures apart."""
    parts = [
        f"## {table_heading(table)}\n\n{_pipes(table_texts(table))}\n\n{_list(table_remarks(table))}"
        for table in board.tables
    ]
    if board.published:
        parts.append("## Published figures: cited, and not comparable with the tables above")
    for paper in board.published:
        source = f"{paper.citation}. {paper.data}; {paper.protocol}."
        parts.append(f"### {paper.title}\n\n{source}\n\n{_pipes(published_texts(paper))}")
    if board.notes:
        parts.append(f"## Notes\n\n{_list(board.notes)}")
    return "\n\n".join(parts)


def _pipes(rows: Sequence[Sequence[str]]) -> str:
    head, *body = ([text.replace("|", "\\|").replace("\n", " ") for text in row] for row in rows)
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *body])


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


# ---------------------------------------------------------------- for machines


def as_csv(board: Board) -> str:
    """A row for each combination of each table, with all digits."""
    rows = [
        {"table": table_heading(table), **_flat(_row_values(table, row))}
        for table in board.tables
        for row in table.rows
    ]
    names = list(dict.fromkeys(name for row in rows for name in row))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def as_json(board: Board) -> str:
    """The whole board: `ganzoo.board/1`. A number that is not finite becomes null."""
    tables = [
        {
            "data": table.data,
            "revision": table.revision,
            "key": table.key,
            "better": table.scale.better,
            "scale": table.scale.name,
            "spreads": table.spreads,
            "odd_spread": table.odd.label if table.odd else None,
            "least_significant": table.least,
            "notes": table.notes,
            "rows": [_row_values(table, row) for row in table.rows],
        }
        for table in board.tables
    ]
    whole = {
        "schema": "ganzoo.board/1",
        "match": board.options.match,
        "min_level": board.options.min_level,
        "tables": tables,
        "notes": board.notes,
        "not_read": board.unread,
    }
    return msgspec.json.format(msgspec.json.encode(whole), indent=1).decode()


def _row_values(table: BoardTable, row: BoardRow) -> dict[str, Any]:
    """None where a value is not known, or not a number because runs were lost."""
    return {
        "rank": row.rank,
        "combination": row.label,
        "spec": row.record.spec,
        "recipe_id": row.record.recipe_id,
        "page": row.page_name,
        "runs": row.n,
        "diverged": row.count("diverged"),
        "collapsed": row.count("collapsed"),
        "failed": row.count("failed"),
        "open": row.count("absent"),
        "chance_of_best": row.chance,
        "best": row.best(table.key),
        table.metric: _summary_values(row.summary),
        **{name: _summary_values(summary) for name, summary in row.coverage.items() if name != table.metric},
        "images": row.spent("images"),
        "g_moves": row.spent("g_moves"),
        "images_per_s": row.spent("speed"),
        "core_s": row.spent("core_s"),
        "parameters": row.parameters,
        "level": row.level,
        "flags": row.flags,
    }


def _summary_values(summary: Summary | None) -> dict[str, float | None]:
    """None also for infinity: a median or an end of the range that is a lost run."""
    values = vars(summary).items() if summary else ()
    return {name: value if value is not None and math.isfinite(value) else None for name, value in values}


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": number for inner, number in value.items()}
        else:
            flat[name] = "; ".join(value) if isinstance(value, list) else value
    return flat
