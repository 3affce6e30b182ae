"""Scores samples against a data set, wherever they come from."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path

from torch import Tensor

from ganzoo.interfaces.datasets import Dataset, Extractor
from ganzoo.interfaces.scores import ScaleName, Score
from ganzoo.recipes.parts import part
from ganzoo.recipes.spec import parse_part
from ganzoo.zoo.metrics.base import Evaluation, FindExtractor, Metric


def evaluate(data: Dataset, samples: Tensor, metrics: Iterable[Metric], y: Tensor | None = None) -> list[Score]:
    """All scores of `samples`, (N, *data.shape) in the data's units; a value that is not finite becomes None.

    `y` (N,) are the classes requested of the generator, if any. What does not depend on the samples (moments of the
    train split, floors) is computed once for a data set object. Raises `Incompatible` when a metric does not apply to
    the data.
    """
    return apply_metrics(Evaluation(data, samples.cpu(), y, find_extractor=extractor), metrics)


def apply_metrics(e: Evaluation, metrics: Iterable[Metric]) -> list[Score]:
    """All scores of an evaluation, each name and protocol once; a value that is not finite becomes None."""
    return merged(metric(e) for metric in metrics)


def merged(scores: Iterable[Iterable[Score]]) -> list[Score]:
    """The scores of several metrics, each name and protocol once; a value that is not finite becomes None."""
    values = {(name, protocol): value for of_metric in scores for name, protocol, value in of_metric}
    return [Score(*condition, _number(value)) for condition, value in values.items()]


def _number(value: float | None) -> float | None:
    """None for what is not finite; numbers of NumPy and PyTorch, which no record could hold, as floats."""
    if value is None or not math.isfinite(value):
        return None
    return value if type(value) in (int, float) else float(value)


def better_of(metrics: Iterable[Metric]) -> dict[str, str]:
    """The names of scores that rank, and which way is better, "lower" or "higher"."""
    return {name: way for metric in metrics for name, way in metric.better.items()}


def scales_of(metrics: Iterable[Metric]) -> dict[str, ScaleName]:
    """How the values of scores that rank are compared, where a metric says so."""
    return {name: scale for metric in metrics for name, scale in getattr(metric, "scale", {}).items()}


def metric(text: str) -> Metric:
    """The metric that `--metric` names, such as "fid:extractor=inception". Raises `SpecError` with all mistakes."""
    built: Metric = part(text, "metric").build()
    return built


def metrics_of(data: Dataset) -> list[Metric]:
    """The metrics that a data set names for itself."""
    return [metric(name) for name in data.metrics]


def second_opinion(data: Dataset) -> list[Metric]:
    """FID through random features, where the data's own FID uses a judge, which ignores what it was not trained on."""
    plain_fid = any((own := parse_part(name)).name == "fid" and "extractor" not in own.options for name in data.metrics)
    if not plain_fid or data.kind != "image" or data.extractor.key.startswith("randconv"):
        return []
    return [metric("fid:extractor=randconv")]


def extractor(text: str, **options: str) -> Callable[[Dataset], Extractor]:
    """The extractor that a metric's option names, such as "randconv" or "pixels:k=32". Raises `SpecError`."""
    built: Callable[[Dataset], Extractor] = part(text, "extractor", options).build()
    return built


def finder(inception: Path | None = None) -> FindExtractor:
    """`extractor`, with Inception's weights read from this file."""
    options = {"weights": str(inception)} if inception else {}
    return lambda text: extractor(text, **(options if parse_part(text).name == "inception" else {}))
