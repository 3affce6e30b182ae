"""`ganzoo runs`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ganzoo.cli.text import table
from ganzoo.runs import find, root_of_runs, score


@click.command()
@click.argument("root", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(root: Path | None, as_json: bool) -> None:
    """List the run directories below ROOT (default: GANZOO_RUNS, or runs/) with status and scores."""
    where = root or root_of_runs()
    found = find(where)
    if as_json:
        for row in found:
            click.echo(json.dumps(row))
    elif not found:
        click.echo(f"no runs in {where}; `ganzoo run dcgan+wgangp` makes one")
    else:
        click.echo(table([("status", "images", "seed", "score", "directory"), *map(_cells, found)], indent=""))


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    images, seed = ("" if row[name] is None else f"{row[name]:,}" for name in ("images", "seed"))
    return (row["status"], images, seed, score(row), row["path"])
