"""`ganzoo profile`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ganzoo.cli.interrupts import importing
from ganzoo.cli.options import data_option, device_option, engine_option, settings_option
from ganzoo.cli.plugin_options import plugin_options

if TYPE_CHECKING:
    from ganzoo.training.profile import Profile


@click.command()
@click.argument("spec")
@settings_option
@data_option
@device_option
@engine_option
@click.option("--seconds", type=click.FloatRange(min=0), default=5.0, show_default=True, help="About how long.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@plugin_options
def command(
    spec: str, settings: dict[str, str], data: str | None, device: str, engine: str, seconds: float, as_json: bool
) -> None:
    """Measure where the time of training SPEC goes, and suggest what would help. Nothing is written."""
    with importing():
        from ganzoo.recipes.recipe import resolve
        from ganzoo.training.engine import engine_for
        from ganzoo.training.profile import profile

    recipe = resolve(spec, data, settings)
    measured = profile(recipe, engine_for(recipe, recipe.dataset.build().shape, device, engine), seconds)
    click.echo(json.dumps(asdict(measured), indent=2) if as_json else _as_text(measured))


def _as_text(measured: Profile) -> str:
    from ganzoo.cli.text import table

    engine, parts = measured.engine, measured.parts_ms
    whole = sum(parts.values())
    rows = [[name, f"{spent:.3g} ms", f"{spent / whole:.0%}"] for name, spent in parts.items()]
    plural = "s" if engine["threads"] > 1 else ""
    lines = [
        measured.spec,
        f"  on {engine['device']}, {engine['threads']} thread{plural}, {engine['precision']}, {engine['mode']}",
        f"  {measured.images_per_s:,.0f} images/s, {measured.round_ms:.3g} ms a round",
        f"  executed eagerly, a round takes {whole:.3g} ms:",
        table(rows, indent="    "),
        f"  {measured.flop_per_s:.3g} FLOP/s of the {measured.machine_flop_per_s:.3g} of a matrix product here",
        f"  {measured.memory_bytes / 2**20:,.0f} MiB at most",
    ]
    advice = measured.advice or ["no setting would help much"]
    return "\n".join([*lines, *(f"  {line}" for line in advice)])
