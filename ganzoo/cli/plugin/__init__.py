"""`ganzoo plugin`: one small file a command."""

from __future__ import annotations

import click

from ganzoo.cli.plugin import check, look, new, switch


@click.group()
def command() -> None:
    """Write a plugin, check it, look at those that are installed, switch them on and off."""


for one in (new.command, check.command, look.list_, look.info, switch.enable, switch.disable):
    command.add_command(one)
