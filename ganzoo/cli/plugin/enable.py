"""`ganzoo plugin enable` and `ganzoo plugin disable`, saved in the user's configuration."""

from __future__ import annotations

import click

from ganzoo.registry.disabled import disabled_plugins, set_disabled_plugins
from ganzoo.registry.find import installed_plugins
from ganzoo.support.errors import UnknownName
from ganzoo.support.messages import nearest


@click.command()
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
def enable(ids: tuple[str, ...]) -> None:
    """Enable plugins that were disabled."""
    _check(ids)
    set_disabled_plugins(disabled_plugins() - set(ids))
    for id_ in ids:
        click.echo(f"plugin {id_} is enabled")


@click.command()
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
def disable(ids: tuple[str, ...]) -> None:
    """Disable plugins without uninstalling them."""
    _check(ids)
    set_disabled_plugins(disabled_plugins() | set(ids))
    for id_ in ids:
        click.echo(f"plugin {id_} is disabled; `ganzoo plugin enable {id_}` enables it")


def _check(ids: tuple[str, ...]) -> None:
    """Raises `UnknownName` for an id of no plugin. Imports no plugin."""
    available = {plugin.id for plugin in installed_plugins()}
    for id_ in ids:
        if id_ not in available | disabled_plugins():
            raise UnknownName(f"no plugin {id_!r} is installed{nearest(id_, available)}")
