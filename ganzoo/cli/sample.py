"""`ganzoo sample`."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ganzoo.cli.interrupts import importing
from ganzoo.cli.options import File, UserPath, png_file
from ganzoo.cli.plugin_options import plugin_options

if TYPE_CHECKING:
    from torch import Tensor

    from ganzoo.support.latents import Walk


def _classes(context: click.Context, parameter: click.Parameter, text: str | None) -> list[int] | None:
    try:
        return None if text is None else [int(part) for part in text.split(",")]
    except ValueError:
        raise click.BadParameter(f"{text!r} is no list of classes; write it as in 3,7", context, parameter) from None


@click.command()
@click.argument("run", type=UserPath())
@click.option("-n", "n", type=click.IntRange(1), help="Number of samples, or of walks.  [default: 64, or 8 walks]")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--classes", metavar="K,...", callback=_classes, help="For a conditional run: these classes, in turn.")
@click.option("--interpolate", "steps", type=click.IntRange(2), metavar="K", help="Interpolate, in K steps.")
@click.option("--walk", type=click.Choice(["spherical", "linear"]), help="Shape of the path.  [default: spherical]")
@click.option("--npz", type=File, metavar="FILE", help="Write images (N, H, W, C) or points (N, 2); walks (N, K, ...).")
@click.option("--grid", type=File, metavar="FILE", callback=png_file, help="Write a picture, PNG.")
@plugin_options
def command(
    run: Path,
    n: int | None,
    seed: int,
    classes: list[int] | None,
    steps: int | None,
    walk: Walk | None,
    npz: Path | None,
    grid: Path | None,
) -> None:
    """Draw samples from the averaged generator of RUN, a run directory. The same seed gives the same samples.

    With --interpolate, each row is a walk through latent space from one sample to another.
    """
    with importing():
        import numpy as np

        from ganzoo.plots.picture import png_bytes
        from ganzoo.runs.run import load

    if npz is None and grid is None:
        raise click.UsageError("no output is given; add --npz FILE, --grid FILE.png, or both")
    if walk and not steps:
        raise click.UsageError("--walk needs --interpolate K")
    trained = load(run)
    n = n or (8 if steps else 64)
    if steps:
        samples = trained.interpolate(n, steps, walk=walk or "spherical", seed=seed, classes=classes)
    else:
        samples = trained.sample(n, seed=seed, classes=classes)
    if npz is not None:
        buffer = io.BytesIO()
        np.savez(buffer, samples=(samples.movedim(-3, -1) if trained.data.kind == "image" else samples).numpy())
        _write(npz, buffer.getvalue())
    if grid is not None:
        if (grid_image := trained.data.picture(_columns(samples, classes))) is None:
            raise click.UsageError(f"samples of {trained.data.name} cannot be drawn; use --npz FILE")
        _write(grid, png_bytes(grid_image))
    what = f"{n} walks of {steps} steps" if steps else f"{n} samples"
    click.echo(f"{what} of {trained.recipe.spec} in {' and '.join(str(path) for path in (npz, grid) if path)}")


def _columns(samples: Tensor, classes: list[int] | None) -> Tensor:
    """Images of classes in turn, arranged so that each column of the picture has one class, if n allows it."""
    if not classes or samples.dim() != 4:
        return samples
    columns = len(classes) * max(1, round(len(samples) ** 0.5) // len(classes))
    return samples if len(samples) % columns else samples.reshape(-1, columns, *samples.shape[1:])


def _write(path: Path, content: bytes) -> None:
    from ganzoo.support.files import write, writing

    with writing(path, "give another FILE"):
        write(path, content)
