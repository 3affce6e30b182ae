"""`ganzoo matrix`."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, TypeVar

import click

from ganzoo.cli.crosstab import Crosstab, exceptions
from ganzoo.cli.interrupts import importing
from ganzoo.cli.plugin_options import plugin_options
from ganzoo.cli.text import warn
from ganzoo.registry.registry import Entry, current_registry
from ganzoo.support.messages import listed

if TYPE_CHECKING:
    from ganzoo.testing.matrix import Cell

T = TypeVar("T")


@click.command()
@click.argument("architecture", required=False)
@click.option("--pairs", is_flag=True, help="Any two regularizers, with one loss.")
@click.option("--loss", metavar="LOSS", help="With this loss only.  [default: all; for --pairs the first]")
@click.option("--data", metavar="DATASET", help="On data like this.  [default: what ARCHITECTURE takes]")
@click.option("--train", is_flag=True, help="Also let each player move once, and try what comes from plugins.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: each combination, its status and the reasons.")
@click.option("--markdown", is_flag=True, help="A table for a page.")
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
    """Try which losses and regularizers go together with ARCHITECTURE, or with all, and say why others do not.

    Each combination is resolved and put together in small, for noise that stands in for data.
    """
    with importing():
        from ganzoo.testing.matrix import Matrix

    if pairs and not architecture:
        raise click.UsageError("pairs with which architecture? Name one, as in: ganzoo matrix dcgan --pairs")
    matrix, losses = Matrix(data, train, current_registry()), _named("loss", loss)
    asked = matrix.combinations(_named("architecture", architecture), losses[:1] if pairs else losses, pairs=pairs)
    found = [matrix.cell(*parts) for parts in _watched(asked)]
    if as_json:
        said = {"tried": "trained" if train else "assembled", "cells": [asdict(cell) for cell in found]}
        click.echo(json.dumps(said, indent=1))
    else:
        shown = Crosstab(found).markdown() if markdown else exceptions(found) if pairs else Crosstab(found).text()
        click.echo(f"{_title(found, train)}\n\n{shown}")
    warn()
    if any(cell.status == "broken" for cell in found):
        raise click.exceptions.Exit(1)


def _named(kind: str, name: str | None) -> list[Entry]:
    return current_registry().entries(kind) if name is None else [current_registry().lookup(name, [kind])]


def _watched(asked: Sequence[T]) -> Iterator[T]:
    """On a terminal a bar shows how far it is."""
    if not sys.stderr.isatty():
        yield from asked
        return
    with click.progressbar(asked, label="putting together", file=sys.stderr) as bar:
        yield from bar


def _title(cells: Sequence[Cell], train: bool) -> str:
    """How many, on what, and what came out."""
    on = listed(sorted({cell.data for cell in cells if cell.data}) or ["no data"], "and")
    counts = listed((f"{n} {_counted(status, n)}" for status, n in Counter(c.status for c in cells).items()), "and")
    return f"{len(cells)} combinations {'trained' if train else 'put together'} for noise like {on}: {counts}"


def _counted(status: str, n: int) -> str:
    if status == "works":
        return "work" if n > 1 else status
    return f"are {status}" if n > 1 else f"is {status}"
