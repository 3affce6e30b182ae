"""`ganzoo plugin new`."""

from __future__ import annotations

from pathlib import Path

import click

from ganzoo.cli.options import UserPath
from ganzoo.registry.scaffold.package import STARTER_KINDS, write_package


@click.command(name="new")
@click.argument("name")
@click.option("--kind", type=click.Choice(STARTER_KINDS), default="loss", show_default=True, help="Kind of its part.")
@click.option("--out", type=UserPath(), help="The folder to write.  [default: ganzoo-NAME]")
def command(name: str, kind: str, out: Path | None) -> None:
    """Write a complete package that adds a part NAME.

    It has code, tests, README, licence and CI, and is ready to install. The part works as written, so that you can
    start by changing it.
    """
    folder = write_package(name, kind, out)
    click.echo(
        f"Wrote {folder}, a plugin that works as it is. Next:\n\n"
        f"  pip install -e '{folder}[test]'\n"
        f"  ganzoo plugin check {folder}\n"
        f"  pytest {folder}\n"
    )
