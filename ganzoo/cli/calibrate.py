"""`ganzoo calibrate`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from ganzoo.cli.interrupts import importing
from ganzoo.cli.plugin_options import plugin_options


@click.command()
@click.argument("data", metavar="DATASET")
@click.option("--metric", "names", multiple=True, metavar="METRIC", help="By default all that apply to the data.")
@click.option("--repeats", type=click.IntRange(2), default=5, show_default=True, help="Draws whose mean is taken.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("calibration"),
    show_default=True,
    help="Folder for <data>.json and <data>.md.",
)
@plugin_options
def command(data: str, names: tuple[str, ...], repeats: int, out: Path) -> None:
    """Measure what scores mean on DATASET, such as digits or ring8.

    What real data score against real data at each number of samples, and what they score with modes dropped, blurred,
    with noise, duplicates, and training samples learned by heart. Lists the metrics that do not see what they should.
    """
    with importing():
        from ganzoo.evaluation.calibrate.calibrate import calibrate
        from ganzoo.evaluation.calibrate.report import page
        from ganzoo.recipes.recipe import dataset
        from ganzoo.support.files import write, write_json, writing

    found = calibrate(dataset(data), names, repeats=repeats, watch=_progress)
    stem = re.sub(r"[^a-z0-9.-]+", "-", data.lower()).strip("-.")[:80]
    typed = f"ganzoo calibrate {data}{''.join(f' --metric {name}' for name in names)} --repeats {repeats}"
    with writing(out, "give another --out"):
        out.mkdir(parents=True, exist_ok=True)
        write_json(out / f"{stem}.json", found)
        write(out / f"{stem}.md", page(found, typed).encode())
    click.echo(f"{out / stem}.json and .md")
    for kind, said in (("not_monotone", "is not monotone in"), ("blind", "does not see")):
        for row in found[kind]:
            click.echo(f"{row['number']} {said} {row['ladder']}")


def _progress(step: str) -> None:
    """One line that is written over on a terminal; elsewhere a line each."""
    over = sys.stderr.isatty()
    click.echo(f"\r{step}\033[K" if over else step, err=True, nl=not over)
