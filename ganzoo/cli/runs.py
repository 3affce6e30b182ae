"""`ganzoo runs`."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from ganzoo.cli.text import table
from ganzoo.runs.listing import RunSummary, list_runs, root_of_runs
from ganzoo.runs.records import glance


@click.command()
@click.argument("root", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(root: Path | None, as_json: bool) -> None:
    """List the run directories below ROOT (default: GANZOO_RUNS, or runs/) with status and scores."""
    where = root or root_of_runs()
    summaries = list_runs(where)
    if as_json:
        for row in summaries:
            click.echo(msgspec.json.encode(row))
    elif not summaries:
        click.echo(f"no runs in {where}; start one with `ganzoo run dcgan+wgangp`")
    else:
        click.echo(table([("status", "images", "seed", "scores", "directory"), *map(_cells, summaries)], indent=""))


def _cells(row: RunSummary) -> tuple[str, ...]:
    images, seed = ("" if number is None else f"{number:,}" for number in (row.images, row.seed))
    return (row.status, images, seed, glance(row.metrics) or row.message, row.path)
