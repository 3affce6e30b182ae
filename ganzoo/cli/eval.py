"""`ganzoo eval`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ganzoo.signals import importing


@click.command()
@click.argument("what", type=click.Path(exists=True, path_type=Path), metavar="RUN|SAMPLES.npz")
@click.option("--data", metavar="DATASET", help="What to compare samples with; a run knows its own.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON: {..., metrics: {key: number}}.")
def command(what: Path, data: str | None, as_json: bool) -> None:
    """Score the newest checkpoint of RUN, or the first array of SAMPLES.npz, made by any tool.

    Images are uint8 (N, H, W) or (N, H, W, C), points floats (N, 2), in the units of the data.
    """
    with importing():
        from ganzoo.attempt import metrics_of
        from ganzoo.evaluate import evaluate, read_samples
        from ganzoo.game import load
        from ganzoo.recipe import dataset

    if what.is_dir():
        run = load(what)
        if data is not None:
            raise click.UsageError("a run is compared with its own data; leave out --data")
        real, samples = run.data, run.evaluation_samples()
    elif data is None:
        raise click.UsageError(f"what shall {what} be compared with? Add --data, such as --data digits")
    else:
        real = dataset(data)
        samples = read_samples(what, real)
    values = evaluate(real, samples, metrics_of(real))
    if as_json:
        click.echo(json.dumps({"input": str(what), "data": real.name, "n": len(samples), "metrics": values}, indent=1))
    else:
        width = max(map(len, values))
        for key, value in values.items():
            click.echo(f"{key.ljust(width)}  {'not defined' if value is None else f'{value:.6g}'}")
