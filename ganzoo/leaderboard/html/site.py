"""Writes the pages."""

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
from ganzoo.leaderboard import formats
from ganzoo.leaderboard.board import Board
from ganzoo.leaderboard.html.combination import page
from ganzoo.leaderboard.html.index import section
from ganzoo.leaderboard.labels import slug
from ganzoo.leaderboard.rows import Row
from ganzoo.support.errors import BoardError

FOLDERS = ("combinations", "records", "samples")
MARK = "board.json"
"""By which a folder is known as a board's; all of it, for machines."""
TEMPLATES = Path(__file__).parents[1] / "templates"


@cache
def _environment() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(TEMPLATES)
    made = jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    made.globals |= {"version": ganzoo.__version__, "style": _text("board.css"), "script": _text("board.js")}
    return made


def _text(name: str) -> Markup:
    """A file of ours, as it is."""
    return Markup((TEMPLATES / name).read_text())


def single_page(board: Board) -> str:
    """The first page alone, with nothing beside it."""
    return _index(board, linked=False)


def write_site(board: Board, out: Path) -> int:
    """A folder that can be opened from a file, or put on any server. Returns how many pages it has.

    Raises `BoardError` where `out` holds something else than a board.
    """
    _clear(out)
    (out / "index.html").write_text(_index(board, linked=True))
    (out / "board.csv").write_text(formats.as_csv(board))
    template = _environment().get_template("combination.html")
    places = board.rows
    for found in places.values():
        row, name = found[0][1], slug(found[0][1])
        (out / "records" / f"{name}.jsonl").write_bytes(b"".join(_line(run.cell.entry.raw) for run in row.runs))
        told = page(found, _samples(row, out, name))
        (out / "combinations" / f"{name}.html").write_text(_public(template.render(told), board))
    (out / MARK).write_text(formats.as_json(board))
    return 1 + len(places)


def _clear(out: Path) -> None:
    """What an earlier board left there; nothing else."""
    if out.exists() and any(out.iterdir()) and not (out / MARK).is_file():
        raise BoardError(f"{out} holds something else than a board; give a folder that is empty, or not there yet")
    for name in FOLDERS:
        shutil.rmtree(out / name, ignore_errors=True)
        (out / name).mkdir(parents=True)
    (out / MARK).write_text("{}")  # so that a board whose writing was stopped can be written again


def _line(raw: bytes) -> bytes:
    return msgspec.json.format(raw, indent=-1) + b"\n"


def _samples(row: Row, out: Path, name: str) -> list[tuple[str, str]]:
    """The last picture of each seed whose run directory is there, copied."""
    found = []
    for run in row.runs:
        folder = run.cell.entry.folder
        pictures = sorted(p for p in (folder / "samples").glob("*.png") if p.stem.isdecimal()) if folder else []
        if pictures:
            copy = f"samples/{name}-s{run.record.seed}.png"
            shutil.copyfile(pictures[-1], out / copy)
            found.append((str(run.record.seed), f"../{copy}"))
    return found


def _index(board: Board, linked: bool) -> str:
    records = [cell.record for cell in board.cells]
    told: dict[str, Any] = {
        "sections": [section(table, i, board.published, linked) for i, table in enumerate(board.tables)],
        "linked": linked,
        "runs": len(records),
        "combinations": len(board.rows),
        "seeds": len({record.seed for record in records}),
        "data": sorted({record.dataset.name for record in records}),
        "latest": max(record.created for record in records)[:10],
        "match": board.options.match,
        "level": board.options.min_level,
        "notes": board.notes,
        "problems": [str(problem) for problem in board.problems],
        "digest": _digest(board),
    }
    return _public(_environment().get_template("index.html").render(told), board)


def _public(text: str, board: Board) -> str:
    """Without the place on this machine of what was read."""
    for place in _places(tuple(board.paths)):
        text = text.replace(place, "")
    return text


@cache
def _places(paths: tuple[Path, ...]) -> list[str]:
    return [f"{escape(path.resolve().parent)}/" for path in paths]


def _digest(board: Board) -> str:
    """By which a board can be cited: the same for the same records, in whatever order they came."""
    each = sorted(hashlib.sha256(cell.entry.raw).hexdigest() for cell in board.cells)
    return hashlib.sha256("".join(each).encode()).hexdigest()[:12]
