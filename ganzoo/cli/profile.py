"""`ganzoo profile`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import click

from ganzoo.cli.interrupts import importing
from ganzoo.cli.options import pairs
from ganzoo.cli.plugged import plugged


@click.command()
@click.argument("spec")
@click.option("-s", "--set", "settings", multiple=True, metavar="NAME=VALUE", callback=pairs, help="A setting; repeat.")
@click.option("--data", metavar="DATASET", help="The data set, as after an @.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:N or mps.")
@click.option("--engine", type=click.Choice(["auto", "eager", "compile", "graph"]), default="auto", show_default=True)
@click.option("--seconds", type=click.FloatRange(min=0), default=5.0, show_default=True, help="About how long.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@plugged
def command(
    spec: str, settings: dict[str, str], data: str | None, device: str, engine: str, seconds: float, as_json: bool
) -> None:
    """Measure where the time of SPEC's training goes, and what would help. Nothing is kept."""
    with importing():
        from ganzoo.recipes.recipe import resolve
        from ganzoo.training.engine import engine_for
        from ganzoo.training.profile import profile

    recipe = resolve(spec, data, settings)
    found = profile(recipe, engine_for(recipe, recipe.dataset.build().shape, device, engine), seconds)
    click.echo(json.dumps(asdict(found), indent=2) if as_json else _told(asdict(found)))


def _told(found: dict[str, object]) -> str:
    from ganzoo.cli.text import table

    engine, parts = found["engine"], found["parts_ms"]
    assert isinstance(engine, dict)
    assert isinstance(parts, dict)
    whole = sum(parts.values())
    rows = [[name, f"{spent:.3g} ms", f"{spent / whole:.0%}"] for name, spent in parts.items()]
    plural = "s" if engine["threads"] > 1 else ""
    lines = [
        f"{found['spec']}",
        f"  on {engine['device']}, {engine['threads']} thread{plural}, {engine['precision']}, {engine['mode']}",
        f"  {found['images_per_s']:,.0f} images/s, {found['round_ms']:.3g} ms a round; in eager mode {whole:.3g} ms:",
        table(rows, indent="    "),
        f"  {found['flop_per_s']:.3g} FLOP/s of the {found['machine_flop_per_s']:.3g} of a matrix product here",
        f"  {found['memory_bytes'] / 2**20:,.0f} MiB at most",  # type: ignore[operator]
    ]
    advice: Any = found["advice"] or ["nothing stands out that a setting would mend"]
    return "\n".join([*lines, *(f"  {line}" for line in advice)])
