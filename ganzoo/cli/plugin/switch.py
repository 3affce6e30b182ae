"""`ganzoo plugin enable` and `ganzoo plugin disable`, which the user's configuration remembers."""

from __future__ import annotations

import click

from ganzoo.registry.load import installed
from ganzoo.registry.switches import disable as switch_off
from ganzoo.registry.switches import disabled
from ganzoo.support.errors import UnknownName
from ganzoo.support.messages import nearest


@click.command()
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
def enable(ids: tuple[str, ...]) -> None:
    """Switch plugins on again."""
    switch_off(_known(ids) - set(ids))
    for name in ids:
        click.echo(f"plugin {name} is on")


@click.command()
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
def disable(ids: tuple[str, ...]) -> None:
    """Switch plugins off, without uninstalling them."""
    switch_off(_known(ids) | set(ids))
    for name in ids:
        click.echo(f"plugin {name} is off; `ganzoo plugin enable {name}` switches it on")


def _known(ids: tuple[str, ...]) -> set[str]:
    """The plugins that are switched off. Raises `UnknownName` for an id of no plugin. Imports no plugin."""
    available, off = {plugin.id for plugin in installed()}, disabled()
    for name in ids:
        if name not in available | off:
            raise UnknownName(f"no plugin {name!r} is installed{nearest(name, available)}")
    return off
