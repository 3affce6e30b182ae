"""`ganzoo plugin enable` and `ganzoo plugin disable`, which the user's configuration remembers."""

from __future__ import annotations

import click

from ganzoo import home, probe
from ganzoo.plugins import installed
from ganzoo.registry import UnknownName
from ganzoo.wording import nearest


@click.command()
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
def enable(ids: tuple[str, ...]) -> None:
    """Switch plugins on again, and try again to import those whose import did not end."""
    there, off = _known(ids)
    home.disable(off - set(ids))
    for name in ids:
        if name in there:
            probe.forgive(there[name])
        click.echo(f"plugin {name} is on")


@click.command()
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
def disable(ids: tuple[str, ...]) -> None:
    """Switch plugins off, without uninstalling them."""
    _, off = _known(ids)
    home.disable(off | set(ids))
    for name in ids:
        click.echo(f"plugin {name} is off; `ganzoo plugin enable {name}` switches it on")


def _known(ids: tuple[str, ...]) -> tuple[dict[str, str], set[str]]:
    """The modules of installed plugins by id, and what is switched off. Imports no plugin."""
    there, off = {p.id: p.location.partition(":")[0] for p in installed()}, home.disabled()
    for name in ids:
        if name not in there and name not in off:
            raise UnknownName(f"no plugin {name!r} is installed{nearest(name, there)}")
    return there, off
