"""The contents of the first page: a section for each table."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from ganzoo.leaderboard.board import Board
from ganzoo.leaderboard.columns import columns, metric_title
from ganzoo.leaderboard.formats import table_remarks
from ganzoo.leaderboard.html.figures import interval_scale, interval_svg, table_figures
from ganzoo.leaderboard.html.style import FigureStyle
from ganzoo.leaderboard.published import PublishedTable
from ganzoo.leaderboard.tables import BoardTable


def index_page(board: Board, linked: bool) -> dict[str, Any]:
    """The variables of the template. `linked`: whether combinations have pages of their own."""
    records = [cell.record for cell in board.cells]
    return {
        "sections": [_section(table, i, board.published, linked) for i, table in enumerate(board.tables)],
        "linked": linked,
        "runs": len(records),
        "combinations": len(board.combinations),
        "data": sorted({record.dataset.name for record in records}),
        "latest": max(record.created for record in records)[:10],
        "match": board.options.match,
        "level": board.options.min_level,
        "notes": [board.without_folders(note) for note in board.notes],
        "unread": [board.without_folders(str(line)) for line in board.unread],
        "digest": _digest(board),
    }


def _section(table: BoardTable, index: int, published: Sequence[PublishedTable], linked: bool) -> dict[str, Any]:
    """A table with its figures."""
    style, scale = FigureStyle(table), interval_scale(table)
    links = {row: f"combinations/{row.page_name}.html" for row in table.rows} if linked else {}
    name = table.rows[0].record.dataset.name
    return {
        "id": f"table-{index}",
        "table": table,
        "title": f"{table.data} by {metric_title(table.metric)}",
        "head": columns(table),
        "links": links,
        "drawings": {row: interval_svg(row, scale) for row in table.rows},
        "remarks": table_remarks(table),
        "figures": table_figures(table, style, links),
        "legend": style.legend(),
        "published": [other for other in published if name in other.datasets],
    }


def _digest(board: Board) -> str:
    """Identifies the records of a board, whatever their order."""
    each = sorted(hashlib.sha256(cell.stored.raw).hexdigest() for cell in board.cells)
    return hashlib.sha256("".join(each).encode()).hexdigest()[:12]
