"""`ganzoo list`."""

from __future__ import annotations

import json
from typing import Any

import click

from ganzoo.cli.plugin_options import plugin_options
from ganzoo.cli.text import table, warn
from ganzoo.interfaces.component import KINDS
from ganzoo.registry.registry import Entry, current_registry
from ganzoo.support.messages import nearest


@click.command()
@click.argument("kind", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@plugin_options
def command(kind: str | None, as_json: bool) -> None:
    """List all parts, or those of one KIND: architecture, loss, regularizer, bundle, dataset, metric ...

    `ganzoo show NAME` describes one part.
    """
    if kind and kind not in KINDS:
        raise click.UsageError(f"there is no kind {kind!r}{nearest(kind, KINDS)}")
    entries = current_registry().entries(*[kind] if kind else [])
    if as_json:
        click.echo(json.dumps([entry_as_json(entry) for entry in entries], indent=1, default=str))
    else:
        by_kind = {k: [entry for entry in entries if entry.component.kind == k] for k in KINDS}
        sections = [f"{k}\n{_table(of_kind)}" for k, of_kind in by_kind.items() if of_kind]
        click.echo("\n\n".join(sections) or f"There are no parts of the kind {kind}.")
    warn()


def entry_as_json(entry: Entry) -> dict[str, Any]:
    """A component's fields and its origin."""
    part, origin = entry.component, entry.origin
    fields = {**vars(part), "name": entry.name, "defaults": dict(part.defaults), "data": sorted(part.data)}
    distribution = {"distribution": origin.distribution, "distribution_version": origin.version}
    return {**fields, "plugin": origin.plugin, **distribution}


def _table(entries: list[Entry]) -> str:
    rows = []
    for entry in entries:
        origin = str(entry.origin) if entry.origin.plugin else ""
        rows.append([entry.name, entry.component.summary, "; ".join(filter(None, (entry.component.paper, origin)))])
    return table(rows)
