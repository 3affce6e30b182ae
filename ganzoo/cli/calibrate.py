"""`ganzoo calibrate`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from ganzoo.cli.interrupts import importing
from ganzoo.cli.options import UserPath
from ganzoo.cli.plugin_options import plugin_options


@click.command()
@click.argument("data", metavar="DATASET")
@click.option("--metric", "names", multiple=True, metavar="METRIC", help="Repeat for several; default: all that apply.")
@click.option("--repeats", type=click.IntRange(2), default=5, show_default=True, help="Repetitions of each step.")
@click.option(
    "--out",
    type=UserPath(file_okay=False),
    default=Path("calibration"),
    show_default=True,
    help="Folder for <data>.json and <data>.md.",
)
@plugin_options
def command(data: str, names: tuple[str, ...], repeats: int, out: Path) -> None:
    """Measure what scores mean on DATASET, such as digits or ring8.

    Scores real data against real data at each number of samples, and real data that is degraded step by step: with
    modes dropped, blur, noise, duplicates, and copies of training samples. Lists the scores that do not worsen.
    """
    with importing():
        from ganzoo.evaluation.calibrate.calibrate import calibrate
        from ganzoo.evaluation.calibrate.report import report
        from ganzoo.recipes.recipe import dataset
        from ganzoo.support.files import write, write_json, writing

    calibration = calibrate(dataset(data), names, repeats=repeats, progress=_progress)
    stem = re.sub(r"[^a-z0-9.-]+", "-", data.lower()).strip("-.")[:80]
    typed = f"ganzoo calibrate {data}{''.join(f' --metric {name}' for name in names)} --repeats {repeats}"
    with writing(out, "give another --out"):
        out.mkdir(parents=True, exist_ok=True)
        write_json(out / f"{stem}.json", calibration)
        write(out / f"{stem}.md", report(calibration, typed).encode())
    click.echo(f"{out / stem}.json and .md")
    for kind, what in (("not_monotone", "is not monotone in"), ("blind", "is blind to")):
        for row in calibration[kind]:
            click.echo(f"{row['number']} {what} {row['ladder']}")


def _progress(step: str) -> None:
    """One line that is overwritten on a terminal; elsewhere a line each."""
    overwrite = sys.stderr.isatty()
    click.echo(f"\r{step}\033[K" if overwrite else step, err=True, nl=not overwrite)
