"""`ganzoo plot`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ganzoo.cli.interrupts import importing
from ganzoo.cli.options import File, UserPath, png_file
from ganzoo.cli.plugin_options import plugin_options

if TYPE_CHECKING:
    from ganzoo.runs.records import Header
    from ganzoo.runs.rundir import RunDir


@click.command()
@click.argument("runs", nargs=-1, required=True, type=UserPath(), metavar="RUN...")
@click.option("--out", type=File, callback=png_file, metavar="FILE", help="PNG.  [default, of one RUN: its curves.png]")
@plugin_options
def command(runs: Sequence[Path], out: Path | None) -> None:
    """Draw losses and scores over the images shown to D, of one RUN or of several, a line for each.

    Of several runs, a loss is drawn where two of them have it: different losses cannot be compared. A run that is still
    training is drawn up to now.
    """
    with importing():
        from ganzoo.plots.curves import compared_curves, read_log, run_curves
        from ganzoo.plots.picture import png_bytes
        from ganzoo.runs.rundir import RunDir
        from ganzoo.support.files import write, writing

    folders = [RunDir(path) for path in dict.fromkeys(runs)]
    if out is None and len(folders) > 1:
        raise click.UsageError("a picture of several runs needs --out FILE.png")
    named = {name: read_log(folder.log_file) for name, folder in _named(folders).items()}
    drawn = compared_curves(named) if len(named) > 1 else run_curves(*named.values())
    if drawn is None:
        raise click.UsageError("nothing is logged yet; try again later")
    path = out or folders[0].curves_file
    with writing(path, "give another --out FILE.png"):
        write(path, png_bytes(drawn))
    click.echo(path)


def _named(folders: Sequence[RunDir]) -> dict[str, RunDir]:
    """Run directories by their specs; with the seed or by path, where specs are not unique."""
    headers = {folder: _header(folder) for folder in folders}
    forms = [
        {folder: header.spec for folder, header in headers.items()},
        {folder: f"{header.spec}, seed {header.seed}" for folder, header in headers.items()},
        {folder: str(folder.path) for folder in folders},
    ]
    unique = next(names for names in forms if len(set(names.values())) == len(folders))
    return {name: folder for folder, name in unique.items()}


def _header(folder: RunDir) -> Header:
    from ganzoo.support.errors import RunError

    if (header := folder.header()) is None:
        raise RunError(f"{folder.path} is no run directory: it has no recipe.json; `ganzoo runs` lists run directories")
    return header
