"""`ganzoo sample`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ganzoo.cli.interrupts import importing
from ganzoo.cli.options import File, UserPath, name_values, png_file
from ganzoo.cli.plugin_options import plugin_options

if TYPE_CHECKING:
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
@click.option("--given", type=UserPath(exists=True), metavar="FILE|DIR", help="What G is given: images, or .npz.")
@click.option(
    "--g", "options", multiple=True, metavar="NAME=VALUE", callback=name_values, help="An option of G; repeat."
)
@click.option("--out", type=UserPath(), metavar="FILE|DIR", help="Write as the suffix says: .npz, .png, .csv, .gif ...")
@click.option("--npz", type=File, metavar="FILE", help="Write images (N, H, W, C), others (N, ...); walks (N, K, ...).")
@click.option("--grid", type=File, metavar="FILE", callback=png_file, help="Write a picture, PNG.")
@plugin_options
def command(
    run: Path,
    n: int | None,
    seed: int,
    classes: list[int] | None,
    steps: int | None,
    walk: Walk | None,
    given: Path | None,
    options: dict[str, str],
    out: Path | None,
    npz: Path | None,
    grid: Path | None,
) -> None:
    """Draw samples from the averaged generator of RUN, a run directory. The same seed gives the same samples.

    --out FILE: .npz holds all samples, and the classes that were asked for; .png is a picture of all, or with -n 1 the
    image itself; points are also written as .csv, images one by one as .jpg, .webp or .bmp, and other data as its data
    set says. --out DIR, a name without suffix: each image is a file in it. `ganzoo eval` reads all of these but
    pictures.

    With --interpolate, each row is a walk through latent space from one sample to another.

    --given FILE: a generator that translates is given an image, of any size that it can take, the images of a folder,
    or the rows of an .npz file. With --out DIR, a folder, each image becomes a file of the same name in it.

    --g NAME=VALUE: an option that the generator has for sampling, such as psi=0.7 of one with truncation.
    """
    with importing():
        from ganzoo.evaluation.given import load_given
        from ganzoo.evaluation.write_samples import ADVICE, check_form, npz_bytes, picture, write_samples
        from ganzoo.plots.picture import png_bytes
        from ganzoo.runs.requests import sample_request
        from ganzoo.runs.run import load
        from ganzoo.runs.translate import translate_folder
        from ganzoo.support.files import write, writing

    if npz is None and grid is None and out is None:
        raise click.UsageError("no output is given; add --out FILE, --npz FILE, --grid FILE.png, or several")
    if walk and not steps:
        raise click.UsageError("--walk needs --interpolate K")
    if steps and (given or options):
        raise click.UsageError("--interpolate goes with neither --given nor --g; leave one of them out")
    trained = load(run)
    if given and out and not out.suffix:
        files = translate_folder(trained, given, out, seed, options)
        return click.echo(f"{len(files)} samples of {trained.recipe.spec} in {out}")
    if out is not None:
        check_form(out, trained.data, bool(steps))
    rows = None if given is None else load_given(given, trained.data)
    n = n or (8 if steps else 64 if rows is None else len(rows))
    asked = sample_request(trained, n, seed, classes, rows)
    shown = None if steps else asked.given
    if steps:
        samples = trained.interpolate(n, steps, walk=walk or "spherical", seed=seed, classes=classes)
    else:
        samples = trained.sample(n, seed=seed, classes=classes, given=rows, options=options)
    if out is not None:
        write_samples(out, trained.data, samples, asked.y, shown, walks=bool(steps), classes=classes)
    if npz is not None:
        with writing(npz, ADVICE):
            write(npz, npz_bytes(trained.data, samples, asked.y, shown))
    if grid is not None:
        with writing(grid, ADVICE):
            write(grid, png_bytes(picture(trained.data, samples, shown, classes)))
    what = f"{n} walks of {steps} steps" if steps else f"{n} samples"
    click.echo(f"{what} of {trained.recipe.spec} in {' and '.join(str(path) for path in (out, npz, grid) if path)}")
