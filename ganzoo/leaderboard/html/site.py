"""Writes a board as one page, or as a folder of pages that work without a server and a network."""

from __future__ import annotations

import re
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
from ganzoo.leaderboard.html.index_page import index_page
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
    environment.filters["breakable"] = breakable_spec
    style, script = (Markup((TEMPLATES / name).read_text("utf-8")) for name in ("board.css", "board.js"))
    environment.globals |= {"version": ganzoo.__version__, "style": style, "script": script}
    return environment


def first_page(board: Board, linked: bool) -> str:
    """`linked`: whether it links to the other files of `write_site`."""
    return _rendered("index.html", index_page(board, linked))


def write_site(board: Board, out: Path) -> int:
    """Write a folder that can be opened from disk or put on any server. Returns the number of pages.

    Raises `BoardError` if `out` holds anything but a board.
    """
    _prepare(out)
    _write_text(out / "index.html", first_page(board, linked=True))
    _write_text(out / "board.csv", as_csv(board))
    combinations = board.combinations
    for rows in combinations.values():
        row = rows[0][1]
        lines = [msgspec.json.format(run.cell.stored.raw, indent=-1) + b"\n" for run in row.runs]
        (out / "records" / f"{row.page_name}.jsonl").write_bytes(b"".join(lines))
        page = _rendered("combination.html", combination_page(rows, _copy_samples(row, out), board))
        _write_text(out / "combinations" / f"{row.page_name}.html", page)
    _write_text(out / BOARD_FILE, as_json(board))
    return 1 + len(combinations)


def breakable_spec(text: str) -> Markup:
    """A spec with its options in a lighter colour, and places where a line may break."""
    parts = []
    for part in re.split(r"\+(?=[a-zA-Z])", text):
        head, colon, options = part.partition(":")
        broken = escape(colon + options).replace(",", Markup(",<wbr>"))
        parts.append(Markup("{}<wbr><i>{}</i>").format(head, broken) if colon else escape(part))
    return Markup("<wbr>+").join(parts)


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


def _rendered(template: str, variables: dict[str, Any]) -> str:
    return _environment().get_template(template).render(variables)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")  # whatever the locale
