"""Whether metrics score what they say, and extractors give features that can be compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from math import prod
from textwrap import shorten
from typing import cast, get_args

import torch
from torch import Tensor

from ganzoo.evaluation.evaluate import extractor
from ganzoo.interfaces.datasets import Dataset, Split
from ganzoo.interfaces.scores import ScaleName, Score
from ganzoo.recipes import recipe
from ganzoo.support.errors import Incompatible, RunError, Unavailable
from ganzoo.testing.checks import Skip, check
from ganzoo.testing.own_data import own_data
from ganzoo.testing.short_runs import short_runs
from ganzoo.testing.under_test import PartUnderTest
from ganzoo.zoo.datasets.images import Images
from ganzoo.zoo.metrics.base import Evaluation, SampleSource
from ganzoo.zoo.metrics.sample_set import Drawn

METRIC = "help(ganzoo.Metric)"
N, LATENT = 200, 8
"""Samples that a metric scores here, and the width of their z."""


@dataclass(eq=False)
class EnlargedDigits(Images):
    """Digits at 32x32, for metrics that require that many pixels."""

    name = "digits32"
    labels = 10

    def load(self) -> tuple[Split, Split]:
        """Each pixel four times as wide and high."""
        digits = recipe.dataset("digits")
        train, test = (
            Split(x.repeat_interleave(4, 2).repeat_interleave(4, 3), y) for x, y, *_ in (digits.train, digits.test)
        )
        return train, test


def evaluation(data: Dataset, x: Tensor) -> Evaluation:
    """Of samples x with the classes of held-out ones, and of a generator with random weights."""
    weights = torch.randn(LATENT, prod(data.shape), generator=torch.Generator().manual_seed(3))

    def generator(z: Tensor, y: Tensor | None = None, given: Tensor | None = None) -> Tensor:
        return data.decode((z @ weights).tanh().reshape(-1, *data.shape))

    source = SampleSource(
        draw=lambda n: Drawn(*data.train.rows(slice(n))[:2]),
        generator=generator,
        latent=LATENT,
        classes=data.labels,
    )
    y = None if data.test.y is None else data.test.y[: len(x)]
    test = data.test.rows(slice(len(x)))
    given, answer = (test.given, test.x) if test.given is not None and test.paired else (None, None)
    return Evaluation(data, x, y, given, answer, source=source, find_extractor=extractor)


@dataclass(frozen=True)
class Scored:
    """What a metric said of real samples, or of a short run."""

    scores: list[Score]
    again: Callable[[], list[Score]]
    """Scores the same once more."""
    of_noise: Callable[[], list[Score]] | None = None
    """Scores as many samples of noise; None where it scored a run."""
    name: str = ""
    """Of the data set."""


def scorable(part: PartUnderTest) -> Iterator[Scored]:
    """What a metric can score. Raises `Incompatible` where it can score nothing.

    Real samples of built-in data sets are tried; then of those of its plugin; then runs of 20 steps of its plugin's
    parts, for a metric that asks for networks of a run.
    """
    refusals: dict[str, None] = {}
    for group in (_built_in(), own_data(part)):
        scored = False
        for data in group:
            score = partial(_score, part, data, data.test.x[:N])
            try:
                scores = score()
            except Incompatible as error:
                refusals[str(error)] = None
            else:
                scored = True
                yield Scored(scores, score, partial(_score, part, data, _noise(data)), data.name)
        if scored:
            return
    for run in short_runs(part):
        score = partial(lambda run: part.build()(run.evaluation()), run)
        try:
            scores = score()
        except (Incompatible, RunError) as error:  # such as a network that this run has not
            refusals[str(error)] = None
        else:
            yield Scored(scores, score, name=run.data.name)
            return
    raise Incompatible(f"it scores neither samples of ring8 and digits nor a short run: {'; '.join(refusals)}")


def _score(part: PartUnderTest, data: Dataset, x: Tensor) -> list[Score]:
    scores: list[Score] = part.build()(evaluation(data, x))
    return scores


def _noise(data: Dataset) -> Tensor:
    n = len(data.test.x[:N])
    return data.decode(4 * torch.rand(n, *data.shape, generator=torch.Generator().manual_seed(0)) - 2)


def _built_in() -> Iterator[Dataset]:
    yield recipe.dataset("ring8")
    yield recipe.dataset("digits")
    yield cast(Dataset, EnlargedDigits())


@check("build", "metric", mend="return a list of ganzoo.Score, and name in `better` what ranks", see=METRIC)
def scores(part: PartUnderTest) -> Iterator[str]:
    """A score is compared only with others of the same protocol, so the protocol says all that it depends on."""
    better, names = dict(getattr(part.resolved.cls, "better", {})), set[str]()
    for scored in scorable(part):
        returned = scored.scores
        if not isinstance(returned, list) or not all(isinstance(score, Score) for score in returned):
            yield f"it returns {shorten(repr(returned), 100)}; return a list of ganzoo.Score(name, protocol, value)"
            return
        for name, protocol, value in returned:
            if not isinstance(value, int | float | None):
                yield f"{name}: {value!r} is no number; convert a tensor with .item()"
            if not protocol:
                yield f"{name} has no protocol; say what it depends on, as in {'ref=digits/train:1297,n=500'!r}"
        names |= {score.name for score in returned}
    if better and not names & better.keys():
        yield f"`better` names {', '.join(better)}, but it returns {', '.join(sorted(names))}"
    if wrong := set(better.values()) - {"lower", "higher"}:
        yield f"`better` says {', '.join(sorted(wrong))}; it must say lower or higher"
    scales = dict(getattr(part.resolved.cls, "scale", {}))
    if wrong := set(scales.values()) - set(get_args(ScaleName)):
        yield f"`scale` says {', '.join(sorted(wrong))}; it must say {', '.join(get_args(ScaleName))}"
    if wrong := scales.keys() - better.keys():
        yield f"`scale` names {', '.join(sorted(wrong))}, which `better` does not"


@check("mathematics", "metric", mend="draw with a generator that has a fixed seed", see=METRIC)
def same_again(part: PartUnderTest) -> Iterator[str]:
    """The same samples must have the same score; otherwise the score measures chance."""
    torch.manual_seed(1)
    for scored in scorable(part):
        torch.manual_seed(2)
        for a, b in zip(scored.scores, scored.again(), strict=True):
            if a != b:
                yield f"{a.name} is {a.value}, and the second time {b.value}"


@check("mathematics", "metric", mend="check the sign, and the direction in `better`", see=METRIC)
def real_beats_noise(part: PartUnderTest) -> Iterator[str]:
    """On at least one data set, real samples must score better than noise in at least one score that ranks."""
    better, faults = dict(getattr(part.resolved.cls, "better", {})), list[str]()
    if not better:
        raise Skip("none of its scores ranks")
    for scored in scorable(part):
        if scored.of_noise is None:
            raise Skip("it scores runs, and no samples")
        real, noisy = (_ranking(scores, better) for scores in (scored.scores, scored.of_noise()))
        signs = {name: -1 if better[name] == "lower" else 1 for name in real if name in noisy}
        if any(sign * real[name] > sign * noisy[name] for name, sign in signs.items()):
            return
        faults.append(f"on {scored.name} real samples score {real}, noise {noisy}")
    yield from faults


def _ranking(scores: list[Score], better: dict[str, str]) -> dict[str, float]:
    return {name: value for name, _, value in scores if name in better and value is not None}


@check(
    "build",
    "extractor",
    mend="return features (N, F), float32, and a key that identifies the weights",
    see="help(ganzoo.Extractor)",
)
def features(part: PartUnderTest) -> Iterator[str]:
    """Only scores with the same extractor key are compared, so the key must identify the weights."""
    data = recipe.dataset("digits")
    try:
        network = part.build()(data)
        x = network(data.test.x[:10])
    except Unavailable as error:
        raise Skip(f"its weights are missing: {error}") from error
    if x.dim() != 2 or len(x) != 10 or x.dtype != torch.float32 or not x.isfinite().all():
        yield f"features are {x.dtype} {tuple(x.shape)}; they should be finite float32 (N, F)"
    if not torch.allclose(network(data.test.x[3:5]), x[3:5], rtol=1e-3, atol=1e-4):
        yield "the features of an image depend on the other images of its batch"
    if "@" not in network.key:
        yield f"its key is {network.key!r}; add an @ and what identifies it, such as 8 digits of the weights' sha256"
