"""`ganzoo list`."""

from __future__ import annotations

import json
from typing import Any

import click

from ganzoo.cli.plugged import plugged
from ganzoo.cli.text import table, warn
from ganzoo.interfaces.component import KINDS
from ganzoo.registry.registry import Entry, default
from ganzoo.support.messages import nearest


@click.command()
@click.argument("kind", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@plugged
def command(kind: str | None, as_json: bool) -> None:
    """List the parts that there are, or those of one KIND: architecture, loss, regularizer, bundle, dataset, metric ...

    `ganzoo show NAME` tells more of one.
    """
    if kind and kind not in KINDS:
        raise click.UsageError(f"there is no kind {kind!r}{nearest(kind, KINDS)}")
    entries = default().entries(*[kind] if kind else [])
    if as_json:
        click.echo(json.dumps([described(entry) for entry in entries], indent=1, default=str))
    else:
        sections = [_section(k, of_kind) for k in KINDS if (of_kind := _of_kind(k, entries))]
        click.echo("\n\n".join(sections) or f"There are no parts of the kind {kind}.")
    warn()


def described(entry: Entry) -> dict[str, Any]:
    """What a component says of itself, and where it came from, fit for JSON."""
    c, origin = entry.component, entry.origin
    said: dict[str, Any] = {
        "kind": c.kind,
        "name": entry.name,
        "summary": c.summary,
        "paper": c.paper,
        "target": c.target,
    }
    said |= {"expands": c.expands, "defaults": dict(c.defaults), "data": sorted(c.data), "version": c.version}
    return said | {"plugin": origin.plugin, "distribution": origin.distribution, "distribution_version": origin.version}


def _of_kind(kind: str, entries: list[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.component.kind == kind]


def _section(kind: str, entries: list[Entry]) -> str:
    rows = [[e.name, e.component.summary, "; ".join(filter(None, (e.component.paper, _origin(e))))] for e in entries]
    return f"{kind}\n{table(rows)}"


def _origin(entry: Entry) -> str:
    return str(entry.origin) if entry.origin.plugin else ""
