"""`ganzoo run`."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import click

from ganzoo.cli.interrupts import importing
from ganzoo.cli.options import UserPath, data_option, device_option, engine_option, settings_option
from ganzoo.cli.plugin_options import plugin_options


@click.command()
@click.argument("spec")
@settings_option
@data_option
@click.option("--images", metavar="N", help="Budget in real images shown to D; 200k and 1.5m are understood.")
@click.option("--steps", metavar="N", help="Budget in moves of G.")
@click.option("--seed", type=int, default=0, show_default=True)
@device_option
@engine_option
@click.option("--gpus", type=click.IntRange(min=1), metavar="N", help="Train on N GPUs of this machine together.")
@click.option(
    "--max-restarts",
    type=click.IntRange(min=0),
    default=0,
    help="With --gpus: restarts after a crash, each from the last checkpoint.",
)
@click.option("--out", type=UserPath(), help="The run directory.  [default: runs/SPEC/ID-sSEED]")
@click.option(
    "--tracker", "trackers", multiple=True, metavar="TRACKER", help="Also use this tracker of a plugin; repeat."
)
@click.option("--force", is_flag=True, help="Start again, and replace what the run directory holds.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@click.option("-v", "--verbose", is_flag=True, help="Print every report of losses.")
@plugin_options
def command(
    spec: str,
    gpus: int | None,
    max_restarts: int,
    trackers: tuple[str, ...],
    quiet: bool,
    verbose: bool,
    **options: Any,
) -> None:
    """Train SPEC, such as dcgan+wgangp@digits, evaluate it and show the results.

    Rerun the same command to resume a stopped run from its last checkpoint. A larger budget extends a finished run.
    With a learning rate that decays over the budget (decay=cosine, the default on points) it is another run instead.
    """
    with importing():
        from ganzoo.cli.console import Console
        from ganzoo.cli.text import warn
        from ganzoo.recipes.parts import part
        from ganzoo.recipes.recipe import resolve
        from ganzoo.runs.train import run
        from ganzoo.support.memory import keep_freed_memory
        from ganzoo.training.distributed import launch, rank

    if gpus is not None:
        launch(gpus, max_restarts, resolve(spec, options["data"], options["settings"]).settings.shards)
    keep_freed_memory()
    with closing(Console(quiet=quiet or rank() > 0, verbose=verbose)) as console:
        built = [part(text, "tracker", where="--tracker ").build() for text in trackers]
        done = run(spec, trackers=[console, *built], **options)
    warn()
    console.summary(done)
    if done.result is not None and done.result.status == "diverged":
        raise click.exceptions.Exit(1)
