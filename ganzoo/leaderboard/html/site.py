"""Writes a board as one page, or as a folder of pages that work without a server and a network."""

from __future__ import annotations

import hashlib
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import msgspec
from markupsafe import Markup, escape

import ganzoo
from ganzoo.leaderboard.board import Board
from ganzoo.leaderboard.formats import as_csv, as_json
from ganzoo.leaderboard.html.combination_page import combination_page
from ganzoo.leaderboard.html.index_page import table_section
from ganzoo.leaderboard.rows import BoardRow
from ganzoo.support.errors import BoardError

FOLDERS = ("combinations", "records", "samples")
BOARD_FILE = "board.json"
"""All numbers of the board; a folder that has it may be overwritten by another board."""
TEMPLATES = Path(__file__).parents[1] / "templates"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    style, script = (Markup((TEMPLATES / name).read_text()) for name in ("board.css", "board.js"))
    environment.globals |= {"version": ganzoo.__version__, "style": style, "script": script}
    return environment


def single_page(board: Board) -> str:
    """The first page, without links to other files."""
    return _index(board, linked=False)


def write_site(board: Board, out: Path) -> int:
    """Write a folder that can be opened from disk or put on any server. Returns the number of pages.

    Raises `BoardError` if `out` holds anything but a board.
    """
    _prepare(out)
    (out / "index.html").write_text(_index(board, linked=True))
    (out / "board.csv").write_text(as_csv(board))
    template = _environment().get_template("combination.html")
    combinations = board.combinations
    for rows in combinations.values():
        row = rows[0][1]
        lines = [msgspec.json.format(run.cell.stored.raw, indent=-1) + b"\n" for run in row.runs]
        (out / "records" / f"{row.page_name}.jsonl").write_bytes(b"".join(lines))
        page = template.render(combination_page(rows, _copy_samples(row, out)))
        (out / "combinations" / f"{row.page_name}.html").write_text(_without_local_paths(page, board))
    (out / BOARD_FILE).write_text(as_json(board))
    return 1 + len(combinations)


def _prepare(out: Path) -> None:
    """Create the folders, without the pages of an earlier board."""
    if out.exists() and any(out.iterdir()) and not (out / BOARD_FILE).is_file():
        raise BoardError(f"{out} holds something else than a board; give an empty folder, or one that does not exist")
    for name in FOLDERS:
        shutil.rmtree(out / name, ignore_errors=True)
        (out / name).mkdir(parents=True)
    (out / BOARD_FILE).write_text("{}")  # so that a board that was only half written can be written again


def _copy_samples(row: BoardRow, out: Path) -> list[tuple[str, str]]:
    """Copy the last picture of each seed whose run directory exists. Seeds, and the links to their pictures."""
    samples = []
    for run in row.runs:
        folder = run.cell.stored.folder
        pictures = sorted(p for p in (folder / "samples").glob("*.png") if p.stem.isdecimal()) if folder else []
        if pictures:
            copy = f"samples/{row.page_name}-s{run.record.seed}.png"
            shutil.copyfile(pictures[-1], out / copy)
            samples.append((str(run.record.seed), f"../{copy}"))
    return samples


def _index(board: Board, linked: bool) -> str:
    records = [cell.record for cell in board.cells]
    variables: dict[str, Any] = {
        "sections": [table_section(table, i, board.published, linked) for i, table in enumerate(board.tables)],
        "linked": linked,
        "runs": len(records),
        "combinations": len(board.combinations),
        "data": sorted({record.dataset.name for record in records}),
        "latest": max(record.created for record in records)[:10],
        "match": board.options.match,
        "level": board.options.min_level,
        "notes": board.notes,
        "unread": [str(line) for line in board.unread],
        "digest": _digest(board),
    }
    return _without_local_paths(_environment().get_template("index.html").render(variables), board)


def _without_local_paths(text: str, board: Board) -> str:
    """Remove the folders of this machine from the names of files that were read."""
    for path in board.paths:
        text = text.replace(f"{escape(path.resolve().parent)}/", "")
    return text


def _digest(board: Board) -> str:
    """Identifies the records of a board, whatever their order."""
    each = sorted(hashlib.sha256(cell.stored.raw).hexdigest() for cell in board.cells)
    return hashlib.sha256("".join(each).encode()).hexdigest()[:12]
