"""`ganzoo sample`."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ganzoo.cli.interrupts import importing
from ganzoo.cli.options import File, png_file
from ganzoo.cli.plugged import plugged

if TYPE_CHECKING:
    from torch import Tensor

    from ganzoo.support.latents import Walk


def _classes(context: click.Context, parameter: click.Parameter, text: str | None) -> list[int] | None:
    try:
        return None if text is None else [int(part) for part in text.split(",")]
    except ValueError:
        raise click.BadParameter(f"{text!r} is no list of classes; write it as in 3,7", context, parameter) from None


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("-n", "n", type=click.IntRange(1), help="Samples, or walks.  [default: 64, or 8 walks]")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--classes", metavar="K,...", callback=_classes, help="Of a conditional run: these classes, in turn.")
@click.option("--interpolate", "steps", type=click.IntRange(2), metavar="K", help="Walks between samples, of K steps.")
@click.option("--walk", type=click.Choice(["spherical", "linear"]), help="Of --interpolate.  [default: spherical]")
@click.option("--npz", type=File, metavar="FILE", help="Write images (N, H, W, C) or points (N, 2); walks (N, K, ...).")
@click.option("--grid", type=File, metavar="FILE", callback=png_file, help="Write a picture, PNG.")
@plugged
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
    """Draw samples from the averaged generator of RUN, a run directory. The same seed draws the same samples.

    With --interpolate, a row is a walk through latent space, from a sample of that seed to another.
    """
    with importing():
        import numpy as np

        from ganzoo.plots.picture import picture, png
        from ganzoo.runs.run import load

    if npz is None and grid is None:
        raise click.UsageError("nothing to write; add --npz FILE, --grid FILE.png, or both")
    if walk and not steps:
        raise click.UsageError("--walk says how --interpolate goes; add --interpolate K")
    loaded = load(run)
    n = n or (8 if steps else 64)
    if steps:
        samples = loaded.interpolate(n, steps, walk=walk or "spherical", seed=seed, classes=classes)
    else:
        samples = loaded.sample(n, seed=seed, classes=classes)
    if npz is not None:
        buffer = io.BytesIO()
        np.savez(buffer, samples=(samples.movedim(-3, -1) if loaded.data.kind == "image" else samples).numpy())
        _write(npz, buffer.getvalue())
    if grid is not None:
        if (shown := picture(_columns(samples, classes), loaded.data)) is None:
            raise click.UsageError(f"there is no picture of {loaded.data.name}; write --npz FILE")
        _write(grid, png(shown))
    what = f"{n} walks of {steps} steps" if steps else f"{n} samples"
    click.echo(f"{what} of {loaded.recipe.spec} in {' and '.join(str(path) for path in (npz, grid) if path)}")


def _columns(samples: Tensor, classes: list[int] | None) -> Tensor:
    """Images of classes in turn as rows (n, columns, C, H, W) whose columns are each of one class, if n allows it."""
    if not classes or samples.dim() != 4:
        return samples
    columns = len(classes) * max(1, round(len(samples) ** 0.5) // len(classes))
    return samples if len(samples) % columns else samples.reshape(-1, columns, *samples.shape[1:])


def _write(path: Path, content: bytes) -> None:
    from ganzoo.support.files import write, writing

    with writing(path, "give another FILE"):
        write(path, content)
