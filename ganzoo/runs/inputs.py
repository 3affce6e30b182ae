"""The inputs of `ganzoo eval`: runs, files and folders of samples, each with the data it is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from ganzoo.evaluation.given import answers
from ganzoo.evaluation.own_type import count_not_finite
from ganzoo.evaluation.samples import load_samples
from ganzoo.interfaces.datasets import Dataset
from ganzoo.recipes.recipe import dataset
from ganzoo.runs.run import Run, load
from ganzoo.support.errors import DataError, Incompatible
from ganzoo.support.seeds import seed_of
from ganzoo.zoo.metrics.base import Evaluation, FindExtractor


def is_run(path: Path) -> bool:
    """Whether this is a run directory, and no folder of images."""
    return (path / "recipe.json").exists()


def evaluations(paths: Sequence[Path], data: str | None, n: int | None, find: FindExtractor) -> list[Evaluation]:
    """An evaluation of each input, in the order given, of equally many samples: `n`, or as many as the smallest has.

    Samples of files are shuffled, always in the same way, because some tools write them class by class. Raises
    `DataError` that names the input where one cannot be scored, and `Incompatible` for a run and other data than its
    own.
    """
    runs = {path: load(path) for path in paths if is_run(path)}
    real = _data(list(runs.values()), data, paths)
    inputs = [runs[path].evaluation(n, find) if path in runs else _of_file(path, real, find) for path in paths]
    smallest = min([len(e) for e in inputs] + ([n] if n else []))
    beside = f"{real.name} has {len(real.train.x):,} to train on and {len(real.test.x):,} held out"
    for path, e in zip(paths, inputs, strict=True):
        if n and len(e) < n:
            raise DataError(f"{path}: {len(e):,} samples, but -n is {n:,}; give a smaller -n")
        if bad := count_not_finite(e.x):
            what = "points" if e.data.kind == "points" else "samples"
            raise DataError(f"{path}: {bad} of {len(e)} {what} are not finite")
        e.add_note(f"{smallest:,} of {len(e):,} samples are scored; {beside}")
        e.cut(smallest)
    return inputs


def _data(runs: list[Run], text: str | None, paths: Sequence[Path]) -> Dataset:
    """The one data set that all inputs are compared with."""
    if not runs:
        if text is None:
            what = f"{paths[0]} is no run directory: it has no recipe.json" if paths[0].is_dir() else str(paths[0])
            raise DataError(f"{what}; to compare its samples with a data set, add --data, such as --data digits")
        return dataset(text)
    if text is not None:
        return _same_data(runs, text)
    first, *others = runs
    for other in others:
        if (a := str(first.recipe.dataset)) != (b := str(other.recipe.dataset)):
            raise DataError(f"{other.path} was trained on {b}, but {first.path} on {a}; compare runs of the same data")
        other.data = first.data
    return first.data


def _same_data(runs: list[Run], text: str) -> Dataset:
    """The data that runs were trained on, where they are now, as after a folder was moved."""
    data = dataset(text)
    for run in runs:
        if (data.name, data.revision) != (run.recipe.dataset.name, run.header.data.revision):
            own = run.recipe.dataset
            raise Incompatible(
                f"{run.path} is compared with its own data, {own}, and {text} holds other samples; leave out --data"
            )
        run.data = data
    return data


def _of_file(path: Path, data: Dataset, find: FindExtractor) -> Evaluation:
    samples = load_samples(path, data)
    order = torch.randperm(len(samples.x), generator=torch.Generator().manual_seed(seed_of("order")))
    shuffled = samples.rows(order)
    given = shuffled.given
    e = Evaluation(data, *shuffled[:3], None if given is None else answers(data, given), find_extractor=find)
    if given is not None and data.test.paired and e.answer is None:
        e.add_note(f"{path} has samples that were made of other than the held-out {data.name}; they have no answers")
    return e
