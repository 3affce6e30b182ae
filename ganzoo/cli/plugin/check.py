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
@click.option("-v", "--verbose", is_flag=True, help="List every check.")
def command(what: str, tiers: tuple[str, ...], as_json: bool, verbose: bool) -> None:
    """Run the checks that every part of the zoo must pass on a plugin.

    PATH is the folder that has its pyproject.toml (default: the current folder; it need not be installed), or a
    single .py file. NAME is the id or the module of an installed plugin.
    """
    with importing():
        from ganzoo.testing import cases

    results: list[tuple[Case, CheckOutcome]] = []
    for tier, tier_cases in groupby(cases(what, tiers or TIERS), lambda case: case.check.tier):
        tier_results = [(case, case.run()) for case in tier_cases]
        results += tier_results
        if not as_json:
            click.echo("\n".join(_lines(tier, tier_results, verbose)))
    failed = sum(outcome.status == "failed" for _, outcome in results)
    if as_json:
        described = [_as_json(case, outcome) for case, outcome in results]
        click.echo(json.dumps({"what": what, "ok": not failed, "cases": described}, indent=1))
    else:
        skipped = sum(outcome.status == "skipped" for _, outcome in results)
        why = f", {skipped} were skipped: -v says why" if skipped and not verbose else ""
        click.echo(f"\n{failed} of {len(results)} checks failed{why}")
    if failed:
        raise click.exceptions.Exit(1)


def _lines(tier: str, results: list[tuple[Case, CheckOutcome]], verbose: bool) -> Iterator[str]:
    counts = Counter(outcome.status for _, outcome in results)
    yield f"{tier:12}  {', '.join(f'{n} {status}' for status, n in counts.items())}"
    for case, outcome in results:
        if outcome.status == "failed":
            yield "\n" + case.explain(outcome) + "\n"
        elif verbose:
            yield f"  {outcome.status:8}  {case}" + "".join(f"\n            {line}" for line in outcome.messages)


def _as_json(case: Case, outcome: CheckOutcome) -> dict[str, Any]:
    check = case.check
    row: dict[str, Any] = {"tier": check.tier, "part": case.part, "check": check.name, "status": outcome.status}
    row |= {"said": outcome.messages, "why": check.why, "mend": check.mend, "see": check.see}
    return row | {"expected": case.reason}
