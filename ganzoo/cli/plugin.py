"""`ganzoo plugin`."""

from __future__ import annotations

import json
from typing import Any

import click

from ganzoo.cli.text import table
from ganzoo.plugins import Plugin
from ganzoo.registry import default


@click.group()
def command() -> None:
    """Look at the plugins that are installed: packages with an entry point in the group `ganzoo`."""


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def list_(as_json: bool) -> None:
    """List each plugin, whether it was loaded, and if not, why."""
    plugins = default().plugins
    if as_json:
        click.echo(json.dumps([_described(plugin) for plugin in plugins], indent=1))
    else:
        rows = [[p.id, f"{p.distribution} {p.version}", p.status, p.why or _parts(p), p.location] for p in plugins]
        click.echo(table(rows, indent="") or "No plugins are installed. `pip install ganzoo-<id>` adds one.")


def _parts(plugin: Plugin) -> str:
    return ", ".join(f"{c.kind} {c.name}" for c in plugin.components) or "no parts"


def _described(plugin: Plugin) -> dict[str, Any]:
    components = [{"kind": c.kind, "name": f"{plugin.id}/{c.name}"} for c in plugin.components]
    simple = {name: value for name, value in vars(plugin).items() if name != "components"}
    return simple | {"components": components}
