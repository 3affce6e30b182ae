"""`ganzoo eval`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ganzoo.cli.interrupts import importing
from ganzoo.cli.plugin_options import plugin_options

if TYPE_CHECKING:
    from ganzoo.zoo.metrics.base import Evaluation, Metric


@click.command()
@click.argument(
    "what", type=click.Path(exists=True, path_type=Path), metavar="RUN|SAMPLES.npz|FOLDER...", nargs=-1, required=True
)
@click.option("--metric", "names", multiple=True, metavar="METRIC", help="Such as prdc, fid:extractor=randconv.")
@click.option("--data", metavar="DATASET", help="What to compare samples with; a run knows its own.")
@click.option("-n", "n", type=click.IntRange(2), help="Samples of each; by default as many as the data recommends.")
@click.option(
    "--inception-weights", type=click.Path(path_type=Path), metavar="FILE", help="For fid:extractor=inception."
)
@click.option("--pictures", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER", help="Write pictures.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON: {..., metrics: {key: number}}, a list for several.")
@plugin_options
def command(
    what: tuple[Path, ...],
    names: tuple[str, ...],
    data: str | None,
    n: int | None,
    inception_weights: Path | None,
    pictures: Path | None,
    as_json: bool,
) -> None:
    """Score the newest checkpoint of RUN, or samples that any tool made; several are compared side by side.

    SAMPLES.npz: its first array; images uint8 (N, H, W) or (N, H, W, C), points floats (N, 2), in the units of the
    data. FOLDER: images of exactly the size of the data. `ganzoo list metric` has all metrics.
    """
    with importing():
        from ganzoo.evaluation import evaluate
        from ganzoo.evaluation.evaluate import metrics_of, second_opinion
        from ganzoo.runs.inputs import evaluations

    if data is None and not any(path.is_dir() for path in what):
        raise click.UsageError(f"what shall {what[0]} be compared with? Add --data, such as --data digits")
    metrics = [evaluate.metric(name) for name in names]
    found = evaluations(what, data, n, evaluate.finder(inception_weights))
    metrics = metrics or [*metrics_of(found[0].data), *second_opinion(found[0].data)]
    rows = [_row(path, e, metrics, pictures) for path, e in zip(what, found, strict=True)]
    if as_json:
        click.echo(json.dumps(rows if len(rows) > 1 else rows[0], indent=1))
    else:
        _show(rows, metrics)


def _row(path: Path, e: Evaluation, metrics: Sequence[Metric], pictures: Path | None) -> dict[str, Any]:
    from ganzoo.evaluation.evaluate import scores

    e.watch = _progress
    values = scores(e, metrics)
    for metric in metrics:
        if draw := getattr(metric, "picture", None):
            _picture(path, draw(e), e, pictures)
    for note in e.notes:
        click.echo(f"Note: {note}", err=True)
    return {"input": str(path), "data": e.data.name, "n": len(e), "metrics": values, "notes": e.notes}


def _picture(path: Path, image: Any, e: Evaluation, folder: Path | None) -> None:
    from ganzoo.plots.picture import png
    from ganzoo.support.files import write, writing

    if folder is None:
        return e.note("a picture was made, but not kept; add --pictures FOLDER")
    file = folder / f"{path.resolve().stem}.distribution.png"
    with writing(file, "give another --pictures"):
        folder.mkdir(parents=True, exist_ok=True)
        write(file, png(image))
    return e.note(f"the picture is {file}")


def _progress(what: str, done: int, of: int) -> None:
    """One line that is written over, on a terminal only."""
    if sys.stderr.isatty():
        click.echo(f"\r{what} {done:,} of {of:,}\033[K" if done < of else "\r\033[K", err=True, nl=False)


def _show(rows: Sequence[dict[str, Any]], metrics: Sequence[Metric]) -> None:
    from ganzoo.cli.text import table
    from ganzoo.evaluation.comparison import verdicts

    if len(rows) == 1:
        values = rows[0]["metrics"]
        width = max(map(len, values))
        for key, value in values.items():
            click.echo(f"{key.ljust(width)}  {_number(value)}")
        return
    names = [row["input"] for row in rows]
    keys = dict.fromkeys(key for row in rows for key in row["metrics"])
    lines = [[key, *(_number(row["metrics"].get(key)) for row in rows)] for key in keys]
    click.echo(table([[f"{rows[0]['n']} samples of each", *names], *lines], indent=""))
    for name, said in verdicts(names, [row["metrics"] for row in rows], metrics).items():
        click.echo("\n".join(f"{name}: {line}" for line in said))


def _number(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.6g}"
