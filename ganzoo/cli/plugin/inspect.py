"""`ganzoo plugin list` and `ganzoo plugin info`."""

from __future__ import annotations

import json
from typing import Any

import click

from ganzoo.cli.plugin_options import plugin_options
from ganzoo.cli.text import table
from ganzoo.interfaces.component import MIXED
from ganzoo.registry.find import Plugin, module_file
from ganzoo.registry.registry import current_registry
from ganzoo.support.errors import UnknownName
from ganzoo.support.messages import listed, nearest

HEADER = ("id", "distribution", "status", "import", "parts, or why it was not loaded", "location")


@click.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@plugin_options
def list_(as_json: bool) -> None:
    """List all plugins.

    Each row has the status, the import time, the parts or why the plugin was not loaded, and where its code is.
    """
    plugins = current_registry().plugins
    if as_json:
        click.echo(json.dumps([_as_json(plugin) for plugin in plugins], indent=1))
    elif plugins:
        click.echo(table([HEADER, *map(_row, plugins)], indent=""))
    else:
        click.echo(
            "No plugins are installed. `pip install ganzoo-ID` installs one, `ganzoo plugin new NAME` writes one."
        )


@click.command()
@click.argument("id_", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@plugin_options
def info(id_: str, as_json: bool) -> None:
    """Show one plugin with its parts and its metadata."""
    all_plugins = current_registry().plugins
    plugins = [plugin for plugin in all_plugins if plugin.id == id_]
    if not plugins:
        raise UnknownName(f"no plugin {id_!r} is installed{nearest(id_, [plugin.id for plugin in all_plugins])}")
    if as_json:
        click.echo(json.dumps(_as_json(plugins[0]) | _metadata(plugins[0]), indent=1))
        return
    for plugin in plugins:
        facts = _as_json(plugin) | _metadata(plugin)
        rows = [[name, str(value)] for name, value in facts.items() if value and name not in ("components", "clashes")]
        click.echo(f"{plugin}\n{table(rows)}")
        if parts := [[c.kind, f"{plugin.id}/{c.name}", c.summary, c.paper] for c in plugin.components]:
            click.echo(f"\nparts\n{table(parts)}")


def _as_json(plugin: Plugin) -> dict[str, Any]:
    components = [{"kind": c.kind, "name": f"{plugin.id}/{c.name}"} for c in plugin.components]
    plain = {name: value for name, value in vars(plugin).items() if name != "components"}
    return plain | {"file": _file(plugin), "components": components, "clashes": _clashes(plugin)}


def _row(plugin: Plugin) -> list[str]:
    clashes = _clashes(plugin)
    parts = ", ".join(f"{c.kind} {_name(plugin, c.name, clashes)}" for c in plugin.components) or "no parts"
    seconds = "" if plugin.import_s is None else f"{1e3 * plugin.import_s:.0f} ms"
    distribution = f"{plugin.distribution} {plugin.version}".strip()
    return [plugin.id, distribution, plugin.status, seconds, plugin.why or parts, _file(plugin) or plugin.location]


def _clashes(plugin: Plugin) -> dict[str, list[str]]:
    """Its parts whose names others have too, with the full names of those others: {"soft": ["two/soft"]}."""
    clashes = {}
    for part in plugin.components:
        kinds = MIXED if part.kind in MIXED else (part.kind,)
        same_name = [e.name for e in current_registry().entries(*kinds) if e.component.name == part.name]
        if others := [name for name in same_name if name != f"{plugin.id}/{part.name}"]:
            clashes[part.name] = others
    return clashes


def _name(plugin: Plugin, name: str, clashes: dict[str, list[str]]) -> str:
    """The name that finds a part: the bare one, unless others have it too."""
    return f"{plugin.id}/{name} (there is also {listed(clashes[name], 'and')})" if name in clashes else name


def _file(plugin: Plugin) -> str:
    """Where its code is; empty if it cannot be found."""
    if plugin.sha256:
        return plugin.location
    return str(module_file(plugin.location.partition(":")[0]) or "")


def _metadata(plugin: Plugin) -> dict[str, Any]:
    """The metadata of its distribution."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        fields = metadata(plugin.distribution or "-")
    except (PackageNotFoundError, ValueError):
        return {}
    names = ("Summary", "Author", "Author-email", "License", "License-Expression", "Home-page")
    facts: dict[str, Any] = {name.lower(): fields[name] for name in names if name in fields}
    return facts | {"requires": fields.get_all("Requires-Dist") or []}
