"""Scores samples against a data set, wherever they come from."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from ganzoo.interfaces.datasets import Dataset, Extractor
from ganzoo.recipes.parts import part
from ganzoo.recipes.spec import parse_part
from ganzoo.zoo.metrics.base import Evaluation, Metric


def evaluate(
    data: Dataset, samples: Tensor, metrics: Iterable[Metric], y: Tensor | None = None
) -> dict[str, float | None]:
    """All metrics of `samples`, (N, *data.shape) in the data's units; a value that is not finite is None.

    `y` are the classes that the samples were asked to be of, if any. Keys carry their protocol:
    "fid[digits-judge-v1@1a2b3c4d,ref=digits/train:1297,n=500]". What does not depend on the samples (moments of the
    train split, floors) is computed once for a data set object. Raises `Incompatible` when a metric does not apply to
    the data.
    """
    return scores(Evaluation(data, samples.cpu(), y, find=extractor), metrics)


def scores(e: Evaluation, metrics: Iterable[Metric]) -> dict[str, float | None]:
    """All metrics of an evaluation; a value that is not finite is None."""
    values = {key: value for metric in metrics for key, value in metric(e).items()}
    return {key: value if value is not None and math.isfinite(value) else None for key, value in values.items()}


def metric(text: str) -> Metric:
    """The metric that `--metric` names, such as "fid:extractor=inception". Raises `SpecError` with all mistakes."""
    made: Metric = component(text, "metric")
    return made


def metrics_of(data: Dataset) -> list[Metric]:
    """The metrics that a data set names for itself."""
    return [metric(name) for name in data.metrics]


def second_opinion(data: Dataset) -> list[Metric]:
    """Where FID is the data's own judge's: the same without labels, since a judge sees what it was taught to see."""
    if "fid" not in data.metrics or data.extractor.key.startswith("randconv"):
        return []
    return [metric("fid:extractor=randconv")]


def extractor(text: str, **options: str) -> Callable[[Dataset], Extractor]:
    """The extractor that a metric's option names, such as "randconv" or "pixels:k=32". Raises `SpecError`."""
    made: Callable[[Dataset], Extractor] = component(text, "extractor", options)
    return made


def finder(inception: Path | None = None) -> Callable[[str], Callable[[Dataset], Extractor]]:
    """`extractor`, which takes the weights of Inception from this file."""
    more = {"weights": str(inception)} if inception else {}
    return lambda text: extractor(text, **(more if parse_part(text).name == "inception" else {}))


def component(text: str, kind: str, more: Mapping[str, str] | None = None) -> Any:
    """A part of one kind, built with the options in `text`, and with `more` of them. Raises `SpecError`."""
    return part(text, kind, more).build()
