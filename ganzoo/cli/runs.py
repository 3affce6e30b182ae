"""`ganzoo runs`."""

from __future__ import annotations

import json
from pathlib import Path

import click
import msgspec

from ganzoo.cli.options import UserPath
from ganzoo.cli.scores import of_result
from ganzoo.cli.text import table
from ganzoo.runs.listing import RunSummary, list_runs, root_of_runs
from ganzoo.runs.records import glance
from ganzoo.runs.rundir import RunDir


@click.command()
@click.argument("root", type=UserPath(), required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(root: Path | None, as_json: bool) -> None:
    """List the run directories below ROOT (default: GANZOO_RUNS, or runs/) with status and scores.

    A single run is shown with all of its scores; ROOT may be a run directory.
    """
    root = root or root_of_runs()
    summaries = list_runs(root)
    if as_json:
        for summary in summaries:
            click.echo(json.dumps(msgspec.to_builtins(summary)))  # a path need not be UTF-8, as msgspec's JSON must
    elif not summaries:
        click.echo(f"no runs in {root}; start one with `ganzoo run dcgan+wgangp`")
    else:
        click.echo(table([("status", "images", "seed", "scores", "directory"), *map(_cells, summaries)], indent=""))
        if len(summaries) == 1 and summaries[0].metrics and (result := RunDir(Path(summaries[0].path)).result()):
            click.echo(f"\n{of_result(result)}")


def _cells(row: RunSummary) -> tuple[str, ...]:
    images, seed = ("" if number is None else f"{number:,}" for number in (row.images, row.seed))
    return (row.status, images, seed, glance(row.metrics, row.primary) or row.message, row.path)
