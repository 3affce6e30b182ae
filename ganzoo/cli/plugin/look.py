"""`ganzoo plugin list` and `ganzoo plugin info`."""

from __future__ import annotations

import json
from typing import Any

import click

from ganzoo.cli.plugged import plugged
from ganzoo.cli.text import table
from ganzoo.interfaces.component import MIXED
from ganzoo.registry.load import Plugin, module_file
from ganzoo.registry.registry import default
from ganzoo.support.errors import UnknownName
from ganzoo.support.messages import listed, nearest

HEAD = ("id", "distribution", "status", "import", "parts, or why there are none", "location")


@click.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@plugged
def list_(as_json: bool) -> None:
    """List each plugin: whether it was loaded, in how long, its parts or why it has none, and where it is."""
    plugins = default().plugins
    if as_json:
        click.echo(json.dumps([described(plugin) for plugin in plugins], indent=1))
    elif plugins:
        click.echo(table([HEAD, *map(_cells, plugins)], indent=""))
    else:
        click.echo("No plugins are installed. `ganzoo plugin new NAME` writes one, `pip install ganzoo-<id>` adds one.")


@click.command()
@click.argument("id_", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@plugged
def info(id_: str, as_json: bool) -> None:
    """Show all that is known of a plugin: its parts, its distribution, where its code is."""
    plugins = [plugin for plugin in default().plugins if plugin.id == id_]
    if not plugins:
        known = [plugin.id for plugin in default().plugins]
        raise UnknownName(f"no plugin {id_!r} is installed{nearest(id_, known)}")
    if as_json:
        click.echo(json.dumps(described(plugins[0]) | _metadata(plugins[0]), indent=1))
        return
    for plugin in plugins:
        facts = {**described(plugin), **_metadata(plugin)}
        rows = [[name, str(value)] for name, value in facts.items() if value and name not in ("components", "clashes")]
        click.echo(f"{plugin}\n{table(rows)}")
        if parts := [[c.kind, f"{plugin.id}/{c.name}", c.summary, c.paper] for c in plugin.components]:
            click.echo(f"\nparts\n{table(parts)}")


def described(plugin: Plugin) -> dict[str, Any]:
    """A plugin, fit for JSON."""
    components = [{"kind": c.kind, "name": f"{plugin.id}/{c.name}"} for c in plugin.components]
    simple = {name: value for name, value in vars(plugin).items() if name != "components"}
    return simple | {"file": _file(plugin), "components": components, "clashes": _clashes(plugin)}


def _cells(p: Plugin) -> list[str]:
    clashes = _clashes(p)
    parts = ", ".join(f"{c.kind} {_called(p, c.name, clashes)}" for c in p.components) or "no parts"
    seconds = "" if p.import_s is None else f"{1e3 * p.import_s:.0f} ms"
    return [p.id, f"{p.distribution} {p.version}".strip(), p.status, seconds, p.why or parts, _file(p) or p.location]


def _clashes(plugin: Plugin) -> dict[str, list[str]]:
    """Names of its parts that others have too, and what those are called: "soft" -> ["two/soft"]."""
    found = {}
    for part in plugin.components:
        kinds = MIXED if part.kind in MIXED else (part.kind,)
        others = [e.name for e in default().entries(*kinds) if e.component.name == part.name]
        if rivals := [name for name in others if name != f"{plugin.id}/{part.name}"]:
            found[part.name] = rivals
    return found


def _called(plugin: Plugin, name: str, clashes: dict[str, list[str]]) -> str:
    """What finds a part: its name, unless others have it too."""
    return f"{plugin.id}/{name} (there is {listed(clashes[name], 'and')} too)" if name in clashes else name


def _file(plugin: Plugin) -> str:
    """Where its code is; empty where it cannot be found."""
    if plugin.sha256:
        return plugin.location
    return str(module_file(plugin.location.partition(":")[0]) or "")


def _metadata(plugin: Plugin) -> dict[str, Any]:
    """What its distribution says of itself."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        said = metadata(plugin.distribution or "-")
    except (PackageNotFoundError, ValueError):
        return {}
    names = ("Summary", "Author", "Author-email", "License", "License-Expression", "Home-page")
    facts: dict[str, Any] = {name.lower(): said[name] for name in names if name in said}
    return facts | {"requires": said.get_all("Requires-Dist") or []}
