"""`ganzoo matrix`."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ganzoo.cli.crosstab import Crosstab, pairs_by_reason
from ganzoo.cli.interrupts import importing
from ganzoo.cli.plugin_options import plugin_options
from ganzoo.cli.text import warn
from ganzoo.registry.registry import Entry, current_registry
from ganzoo.support.messages import listed

if TYPE_CHECKING:
    from ganzoo.testing.matrix import MatrixCell


@click.command()
@click.argument("architecture", required=False)
@click.option("--pairs", is_flag=True, help="Try any two regularizers, with one loss.")
@click.option("--loss", metavar="LOSS", help="Try this loss only.  [default: all; with --pairs the first]")
@click.option("--data", metavar="DATASET", help="Try on noise like this data.  [default: what ARCHITECTURE takes]")
@click.option("--train", is_flag=True, help="Also let each player move once, and try parts of plugins.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: combinations, status and reasons.")
@click.option("--markdown", is_flag=True, help="Print the table in Markdown.")
@plugin_options
def command(
    architecture: str | None,
    pairs: bool,
    loss: str | None,
    data: str | None,
    train: bool,
    as_json: bool,
    markdown: bool,
) -> None:
    """Try which losses and regularizers combine with ARCHITECTURE, or with each one, and say why others do not.

    Each combination is resolved and assembled in a small size, on noise that stands in for data.
    """
    with importing():
        from ganzoo.testing.matrix import Matrix

    if pairs and not architecture:
        raise click.UsageError("--pairs needs an architecture, as in: ganzoo matrix dcgan --pairs")
    matrix, losses = Matrix(data, train, current_registry()), _entries("loss", loss)
    combinations = matrix.combinations(
        _entries("architecture", architecture), losses[:1] if pairs else losses, pairs=pairs
    )
    bar = click.progressbar(combinations, label="assembling", file=sys.stderr)
    with bar if sys.stderr.isatty() else nullcontext(combinations) as progress:
        cells = [matrix.cell(*parts) for parts in progress]
    if as_json:
        tried = "trained" if train else "assembled"
        click.echo(json.dumps({"tried": tried, "cells": [asdict(cell) for cell in cells]}, indent=1))
    else:
        table = Crosstab(cells).markdown() if markdown else pairs_by_reason(cells) if pairs else Crosstab(cells).text()
        click.echo(f"{_title(cells, train)}\n\n{table}")
    warn()
    if any(cell.status == "broken" for cell in cells):
        raise click.exceptions.Exit(1)


def _entries(kind: str, name: str | None) -> list[Entry]:
    """All parts of a kind, or the one of that name."""
    return current_registry().entries(kind) if name is None else [current_registry().lookup(name, [kind])]


def _title(cells: Sequence[MatrixCell], train: bool) -> str:
    """How many combinations, on what data, and how many of each status."""
    data = listed(sorted({cell.data for cell in cells if cell.data}) or ["no data"], "and")
    counts = listed((_count(status, n) for status, n in Counter(cell.status for cell in cells).items()), "and")
    return f"{len(cells)} combinations {'trained' if train else 'assembled'} on noise like {data}: {counts}"


def _count(status: str, n: int) -> str:
    if status == "works":
        return f"{n} work" if n > 1 else "1 works"
    return f"{n} {'are' if n > 1 else 'is'} {status}"
