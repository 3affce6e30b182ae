"""`ganzoo plugin new`."""

from __future__ import annotations

from pathlib import Path

import click

from ganzoo.registry.scaffold import KINDS, write


@click.command(name="new")
@click.argument("name")
@click.option("--kind", type=click.Choice(KINDS), default="loss", show_default=True, help="Of its first part.")
@click.option("--out", type=click.Path(path_type=Path), help="The folder.  [default: ganzoo-NAME]")
def command(name: str, kind: str, out: Path | None) -> None:
    """Write a complete package that adds a part NAME: code, test, README, licence, CI, ready to be installed.

    The part in it works as it is, from a paper, so that there is something to change.
    """
    folder = write(name, kind, out)
    click.echo(
        f"{folder} is a plugin that works as it is. Next:\n\n"
        f"  pip install -e '{folder}[test]'\n"
        f"  ganzoo plugin check {folder}\n"
        f"  pytest {folder}\n"
    )
