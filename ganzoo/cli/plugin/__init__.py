"""`ganzoo plugin`: one file for each command, or for two that belong together."""

from __future__ import annotations

import click

from ganzoo.cli.plugin import check, enable, inspect, new


@click.group()
def command() -> None:
    """Write, check, list, enable and disable plugins."""


for subcommand in (new.command, check.command, inspect.list_, inspect.info, enable.enable, enable.disable):
    command.add_command(subcommand)
