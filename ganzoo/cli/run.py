"""`ganzoo run`."""

from __future__ import annotations

from pathlib import Path

import click

from ganzoo.cli.interrupts import importing
from ganzoo.cli.options import name_values
from ganzoo.cli.plugin_options import plugin_options


@click.command()
@click.argument("spec")
@click.option(
    "-s", "--set", "settings", multiple=True, metavar="NAME=VALUE", callback=name_values, help="A setting; repeat."
)
@click.option("--data", metavar="DATASET", help="The data set, as after an @.")
@click.option("--images", metavar="N", help="Budget in real images shown to D; 200k and 1.5m are understood.")
@click.option("--steps", metavar="N", help="Budget in moves of G.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:N or mps.")
@click.option(
    "--engine",
    type=click.Choice(["auto", "eager", "compile", "graph"]),
    default="auto",
    show_default=True,
    help="How moves are executed: eager, compile (torch.compile) or graph (CUDA graphs).",
)
@click.option("--gpus", type=click.IntRange(min=1), metavar="N", help="Train on N GPUs of this machine together.")
@click.option(
    "--max-restarts",
    type=click.IntRange(min=0),
    default=0,
    help="With --gpus: restarts after a crash, each from the last checkpoint.",
)
@click.option("--out", type=click.Path(path_type=Path), help="The run directory.  [default: runs/SPEC/ID-sSEED]")
@click.option(
    "--tracker", "trackers", multiple=True, metavar="TRACKER", help="Also use this tracker of a plugin; repeat."
)
@click.option("--force", is_flag=True, help="Start again, and replace what the run directory holds.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@click.option("-v", "--verbose", is_flag=True, help="Print every report of losses.")
@plugin_options
def command(
    spec: str,
    settings: dict[str, str],
    data: str | None,
    images: str | None,
    steps: str | None,
    seed: int,
    device: str,
    engine: str,
    gpus: int | None,
    max_restarts: int,
    out: Path | None,
    trackers: tuple[str, ...],
    force: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Train SPEC, such as dcgan+wgangp@digits, evaluate it and show the results.

    Rerun the same command to resume a stopped run from its last checkpoint. A larger budget extends a finished run.
    With a learning rate that decays over the budget (decay=cosine, the default on points) it is another run instead.
    """
    with importing():
        from ganzoo.cli.console import Console
        from ganzoo.cli.memory import keep_freed_memory
        from ganzoo.cli.text import warn
        from ganzoo.recipes.parts import part
        from ganzoo.recipes.recipe import resolve
        from ganzoo.runs.train import run
        from ganzoo.training.distributed import launch, rank

    if gpus is not None:
        launch(gpus, max_restarts, resolve(spec, data, settings).settings.shards)
    keep_freed_memory()
    console = Console(quiet=quiet or rank() > 0, verbose=verbose)
    with console:
        done = run(
            spec,
            data=data,
            images=images,
            steps=steps,
            seed=seed,
            device=device,
            out=out,
            force=force,
            trackers=[console, *(part(text, "tracker", where="--tracker ").build() for text in trackers)],
            settings=settings,
            engine=engine,
        )
    warn()
    console.summary(done)
    if done.result is not None and done.result.status == "diverged":
        raise click.exceptions.Exit(1)
