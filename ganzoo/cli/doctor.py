"""`ganzoo doctor`."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from ganzoo.cli.interrupts import importing
from ganzoo.cli.plugged import plugged
from ganzoo.cli.text import table


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@plugged
def command(as_json: bool) -> None:
    """Look at this machine: Python, device, directories, data, plugins. Say what is broken, and how to mend it."""
    with importing():
        from ganzoo.cli.diagnosis import examine

        findings = list(examine())
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=1))
    else:
        rows = [[f.status, f.topic, f"{f.said}; {f.mend}" if f.mend else f.said] for f in findings]
        click.echo(table(rows, indent=""))
    if any(finding.status == "broken" for finding in findings):
        raise click.exceptions.Exit(1)
