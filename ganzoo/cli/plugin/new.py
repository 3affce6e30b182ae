"""`ganzoo plugin new`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ganzoo.cli.options import UserPath
from ganzoo.registry.scaffold.package import DATA_FORMS, STARTER_KINDS, write_package


@click.command(name="new")
@click.argument("name")
@click.option("--kind", type=click.Choice(STARTER_KINDS), default="loss", show_default=True, help="Kind of its part.")
@click.option("--form", type=click.Choice(list(DATA_FORMS)), help="Of a data set.  [default: points, or asked for]")
@click.option("--out", type=UserPath(), help="The folder to write.  [default: ganzoo-NAME]")
def command(name: str, kind: str, form: str | None, out: Path | None) -> None:
    """Write a complete package that adds a part NAME.

    It has code, tests, README, licence and CI, and is ready to install. The part works as written, so that you can
    start by changing it.
    """
    if form and kind != "dataset":
        raise click.UsageError("--form is for --kind dataset")
    if kind == "dataset" and form is None:
        asked = sys.stdin.isatty()
        form = click.prompt("Form of the data", "points", type=click.Choice(list(DATA_FORMS))) if asked else "points"
    folder = write_package(name, kind, out, form or "points")
    click.echo(
        f"Wrote {folder}, a plugin that works as it is. Next:\n\n"
        f"  pip install -e '{folder}[test]'\n"
        f"  ganzoo plugin check {folder}\n"
        f"  pytest {folder}\n"
    )
