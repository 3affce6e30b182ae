"""Plain tables and warnings, without rich."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from itertools import zip_longest

import click

from ganzoo.registry.registry import current_registry

NARROWEST = 12


def table(rows: Sequence[Sequence[str]], indent: str = "  ") -> str:
    """Aligned columns. On a terminal the widest are wrapped until all fit; in a pipe a row stays one line.

    A row that is a string is a heading: it is printed as it is.
    """
    cells = [row for row in rows if not isinstance(row, str)]
    if not cells:
        return ""
    room = shutil.get_terminal_size(fallback=(10**6, 24)).columns - len(indent) - 2 * (len(cells[0]) - 1)
    widths = [max(1, *map(len, column)) for column in zip(*cells, strict=True)]
    while sum(widths) > room and max(widths) > NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return "\n".join(indent + row if isinstance(row, str) else _lines(row, widths, indent) for row in rows)


def _lines(row: Sequence[str], widths: Sequence[int], indent: str) -> str:
    cells = [textwrap.wrap(cell, width) for cell, width in zip(row, widths, strict=True)]
    lines = zip_longest(*cells, fillvalue="")
    padded = ("  ".join(part.ljust(width) for part, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join((indent + line).rstrip() for line in padded)


def warn() -> None:
    """One line on stderr for each plugin that was looked at and could not be loaded."""
    for line in current_registry().warnings:
        click.echo(f"Warning: {line}", err=True)
