"""`ganzoo eval`."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ganzoo.cli.interrupts import importing
from ganzoo.cli.options import UserPath
from ganzoo.cli.plugin_options import plugin_options
from ganzoo.interfaces.scores import Score, to_metrics

if TYPE_CHECKING:
    from ganzoo.zoo.metrics.base import Evaluation, Metric


@click.command()
@click.argument("what", type=UserPath(exists=True), metavar="RUN|FILE|FOLDER...", nargs=-1, required=True)
@click.option("--metric", "names", multiple=True, metavar="METRIC", help="Such as prdc, fid:extractor=randconv.")
@click.option("--data", metavar="DATASET", help="Data set to compare samples with; runs are compared with their own.")
@click.option("-n", "n", type=click.IntRange(2), help="Samples of each input; by default as the data set recommends.")
@click.option("--inception-weights", type=UserPath(), metavar="FILE", help="For fid:extractor=inception.")
@click.option("--pictures", type=UserPath(file_okay=False), metavar="FOLDER", help="Write pictures.")
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
    """Score the newest checkpoint of RUN, or samples from any tool. Several inputs are compared side by side.

    FILE: .npz, of which the first array is read: images uint8 (N, H, W) or (N, H, W, C), points floats (N, 2), others
    (N, ...), in the units of the data; or what `ganzoo sample --out` writes of such data, as .csv of points. FOLDER:
    images of exactly the size of the data. Scores have two baselines: floor (held-out real data) and
    memoriser (copied training data). `ganzoo list metric` lists all metrics.
    """
    with importing():
        from ganzoo.evaluation import evaluate
        from ganzoo.evaluation.evaluate import metrics_of, second_opinion
        from ganzoo.runs.inputs import evaluations
        from ganzoo.support.memory import return_freed_memory

    if data is None and not any(path.is_dir() for path in what):
        raise click.UsageError(f"{what[0]} needs a data set to be compared with; add --data, such as --data digits")
    return_freed_memory()
    metrics = [evaluate.metric(name) for name in names]
    inputs = evaluations(what, data, n, evaluate.finder(inception_weights))
    metrics = metrics or [*metrics_of(inputs[0].data), *second_opinion(inputs[0].data)]
    stems = _distinct([path.resolve().name.removesuffix(".npz") for path in what])
    scores = [_scores(stem, e, metrics, pictures) for stem, e in zip(stems, inputs, strict=True)]
    if as_json:
        rows = [_json(*row) for row in zip(what, inputs, scores, strict=True)]
        click.echo(json.dumps(rows if len(rows) > 1 else rows[0], indent=1))
    else:
        _show(what, inputs[0], scores, evaluate.better_of(metrics))


def _distinct(names: Sequence[str]) -> list[str]:
    """Names of files: each as it is, with its number where several are the same."""
    usual = Counter(name.lower() for name in names)  # not all disks tell A from a
    return [name if usual[name.lower()] == 1 else f"{name}-{i}" for i, name in enumerate(names, 1)]


def _scores(stem: str, e: Evaluation, metrics: Sequence[Metric], pictures: Path | None) -> list[Score]:
    from ganzoo.evaluation.evaluate import apply_metrics

    e.progress = _progress
    scores = apply_metrics(e, metrics)
    drawing = [metric for metric in metrics if hasattr(metric, "picture")]
    for metric, name in zip(drawing, _distinct([type(metric).__name__.lower() for metric in drawing]), strict=True):
        _write_picture(f"{stem}.{name}.png", metric.picture(e), e, pictures)
    for note in e.notes:
        click.echo(f"Note: {note}", err=True)
    return scores


def _json(path: Path, e: Evaluation, scores: Sequence[Score]) -> dict[str, Any]:
    return {"input": str(path), "data": e.data.name, "n": len(e), "metrics": to_metrics(scores), "notes": e.notes}


def _write_picture(name: str, image: Any, e: Evaluation, folder: Path | None) -> None:
    from ganzoo.plots.picture import png_bytes
    from ganzoo.support.files import write, writing

    if folder is None:
        return e.add_note("a picture was drawn, but not kept; add --pictures FOLDER")
    file = folder / name
    with writing(file, "give another --pictures"):
        folder.mkdir(parents=True, exist_ok=True)
        write(file, png_bytes(image))
    return e.add_note(f"the picture is {file}")


def _progress(extractor: str, done: int, total: int) -> None:
    """One line that is overwritten, on a terminal only."""
    if sys.stderr.isatty():
        line = f"\r{extractor} {done:,} of {total:,}\033[K" if done < total else "\r\033[K"
        click.echo(line, err=True, nl=False)


def _show(what: Sequence[Path], e: Evaluation, scores: Sequence[Sequence[Score]], better: Mapping[str, str]) -> None:
    from ganzoo.cli.scores import titled
    from ganzoo.evaluation.comparison import verdicts
    from ganzoo.evaluation.table import score_table

    several = len(what) > 1
    inputs = {str(path) if several else "value": of_input for path, of_input in zip(what, scores, strict=True)}
    title = f"{len(e):,} samples{' of each' * several}, scored against {e.data.name}"
    click.echo(titled(title, score_table(inputs, better)))
    names: dict[str, list[str]] = {}
    for name, lines in verdicts(inputs, better).items():
        for line in lines:
            names.setdefault(line, []).append(name)
    click.echo("".join(f"\n{', '.join(of_line)}: {line}" for line, of_line in names.items()), nl=bool(names))
