"""`ganzoo plugin check`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from ganzoo.cli.interrupts import importing

if TYPE_CHECKING:
    from ganzoo.testing import Case, CheckOutcome

TIERS = ("static", "build", "mathematics", "capture", "combination", "learning")


@click.command(name="check")
@click.argument("what", metavar="[PATH|NAME]", default=".")
@click.option(
    "--tier", "tiers", multiple=True, type=click.Choice(TIERS), help="Only this tier; repeat.  [default: all]"
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("-v", "--verbose", is_flag=True, help="Say every check.")
def command(what: str, tiers: tuple[str, ...], as_json: bool, verbose: bool) -> None:
    """Check that a plugin keeps to what every part of the zoo must keep to.

    PATH is the folder of its pyproject.toml, installed or not (default: here), or a single .py file; NAME is the id
    or the module of one that is installed.
    """
    with importing():
        from ganzoo.testing import cases

    found = cases(what, tiers or TIERS)
    done: list[tuple[Case, CheckOutcome]] = []
    for tier, of_tier in groupby(found, lambda case: case.check.tier):
        results = [(case, case.run()) for case in of_tier]
        done += results
        if not as_json:
            click.echo("\n".join(_lines(tier, results, verbose)))
    failed = sum(outcome.status == "failed" for _, outcome in done)
    if as_json:
        click.echo(json.dumps({"what": what, "ok": not failed, "cases": [_described(*one) for one in done]}, indent=1))
    else:
        click.echo(f"\n{failed} of {len(done)} checks failed" if failed else f"\nall {len(done)} checks are fine")
    if failed:
        raise click.exceptions.Exit(1)


def _lines(tier: str, results: list[tuple[Case, CheckOutcome]], verbose: bool) -> Iterator[str]:
    counts = Counter(outcome.status for _, outcome in results)
    yield f"{tier:12}  {', '.join(f'{n} {status}' for status, n in counts.items())}"
    for case, outcome in results:
        if outcome.status == "failed":
            yield "\n" + case.explain(outcome) + "\n"
        elif verbose:
            yield f"  {outcome.status:8}  {case}" + "".join(f"\n            {said}" for said in outcome.messages)


def _described(case: Case, outcome: CheckOutcome) -> dict[str, Any]:
    check = case.check
    result = {"status": outcome.status, "said": outcome.messages, "expected": case.reason}
    named: dict[str, Any] = {"tier": check.tier, "part": case.part, "check": check.name, "why": check.why}
    return named | result | {"mend": check.mend, "see": check.see}
