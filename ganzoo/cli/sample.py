"""`ganzoo sample`."""

from __future__ import annotations

import io
from pathlib import Path

import click

from ganzoo.signals import importing

File = click.Path(dir_okay=False, path_type=Path)


def _png(context: click.Context, parameter: click.Parameter, path: Path | None) -> Path | None:
    if path is not None and path.suffix.lower() != ".png":
        raise click.BadParameter(f"a picture is a PNG file; write {path.with_suffix('.png')}", context, parameter)
    return path


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("-n", "n", type=click.IntRange(1), default=64, show_default=True, help="Samples.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--npz", type=File, metavar="FILE", help="Write images (N, H, W, C) or points (N, 2).")
@click.option("--grid", type=File, metavar="FILE", callback=_png, help="Write a picture, PNG.")
def command(run: Path, n: int, seed: int, npz: Path | None, grid: Path | None) -> None:
    """Draw samples from the averaged generator of RUN, a run directory. The same seed draws the same samples."""
    with importing():
        import numpy as np

        from ganzoo.game import load
        from ganzoo.imaging import picture, png

    if npz is None and grid is None:
        raise click.UsageError("nothing to write; add --npz FILE, --grid FILE.png, or both")
    loaded = load(run)
    samples = loaded.sample(n, seed=seed)
    if npz is not None:
        buffer = io.BytesIO()
        np.savez(buffer, samples=(samples.permute(0, 2, 3, 1) if samples.dim() == 4 else samples).numpy())
        _write(npz, buffer.getvalue())
    if grid is not None:
        _write(grid, png(picture(samples, samples)))
    click.echo(f"{n} samples of {loaded.recipe.spec} in {' and '.join(str(path) for path in (npz, grid) if path)}")


def _write(path: Path, content: bytes) -> None:
    from ganzoo.files import write, writing

    with writing(path, "give another FILE"):
        write(path, content)
