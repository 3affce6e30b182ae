"""Checks of metrics, and of the extractors that they look through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import shorten
from typing import cast

import torch
from torch import Tensor

from ganzoo.evaluation.evaluate import extractor
from ganzoo.interfaces.datasets import Dataset, Split
from ganzoo.interfaces.scores import Score
from ganzoo.recipes import recipe
from ganzoo.support.errors import Incompatible, Unavailable
from ganzoo.testing.check import Check, Skip, check
from ganzoo.testing.subject import Candidate
from ganzoo.zoo.datasets.base import Images
from ganzoo.zoo.metrics.base import Evaluation, SampleSource

METRIC = "help(ganzoo.Metric)"
N, LATENT = 200, 8
"""Samples that a metric is tried on, and the width of their z."""


@dataclass(eq=False)
class Enlarged(Images):
    """Digits at 32x32, for metrics that need so many pixels."""

    name = "digits32"
    labels = 10

    def load(self) -> tuple[Split, Split]:
        """Each pixel four times as wide and high."""
        digits = recipe.dataset("digits")
        train, test = (
            Split(x.repeat_interleave(4, 2).repeat_interleave(4, 3), y) for x, y in (digits.train, digits.test)
        )
        return train, test


def evaluation(data: Dataset, x: Tensor) -> Evaluation:
    """Of samples that a generator was asked for by class, as real ones were drawn."""
    weights = torch.randn(LATENT, x[0].numel(), generator=torch.Generator().manual_seed(3))

    def generator(z: Tensor, y: Tensor | None) -> Tensor:
        return data.decode((z @ weights).tanh().reshape(-1, *data.shape))

    source = SampleSource(
        draw=lambda n: (data.train.x[:n], None if data.train.y is None else data.train.y[:n]),
        generator=generator,
        latent=LATENT,
        classes=data.labels,
    )
    y = None if data.test.y is None else data.test.y[: len(x)]
    return Evaluation(data, x, y, source=source, find_extractor=extractor)


def tried(c: Candidate) -> Iterator[tuple[Dataset, Tensor]]:
    """Data that a metric scores, and real samples of it. Raises `Incompatible` where there is none."""
    refusals = []
    places = (recipe.dataset("ring8"), recipe.dataset("digits"), cast(Dataset, Enlarged()))
    for data in places:
        x = data.test.x[:N]
        try:
            c.build()(evaluation(data, x))
        except Incompatible as error:
            refusals.append(str(error))
        else:
            yield data, x
    if len(refusals) == len(places):
        raise Incompatible(f"it scores no data that is always there: {'; '.join(dict.fromkeys(refusals))}")


@check("build", "metric", mend="return a list of ganzoo.Score, and name in `better` what ranks", see=METRIC)
def scores(c: Candidate) -> Iterator[str]:
    """A score is compared only with others of the same protocol, so the protocol says all that it depends on."""
    better, names = dict(getattr(c.part.cls, "better", {})), set[str]()
    for data, x in tried(c):
        returned = c.build()(evaluation(data, x))
        if not isinstance(returned, list) or not all(isinstance(score, Score) for score in returned):
            yield f"it returns {shorten(repr(returned), 100)}; return a list of ganzoo.Score(name, protocol, value)"
            return
        for name, protocol, value in returned:
            if not isinstance(value, int | float | None):
                yield f"{name}: {value!r} is no number; .item() makes one of a tensor"
            if not protocol:
                yield f"{name} has no protocol; say what it depends on, as in {'ref=digits/train:1297,n=500'!r}"
        names |= {score.name for score in returned}
    if better and not names & better.keys():
        yield f"`better` names {', '.join(better)}, but it returns {', '.join(sorted(names))}"
    if wrong := set(better.values()) - {"lower", "higher"}:
        yield f"`better` says {', '.join(sorted(wrong))}; it is lower or higher"


@check("mathematics", "metric", mend="draw with a generator that has a seed of its own", see=METRIC)
def same_again(c: Candidate) -> Iterator[str]:
    """The same samples must score the same: a score that draws as it likes measures chance."""
    for data, x in tried(c):
        torch.manual_seed(1)
        first = c.build()(evaluation(data, x))
        torch.manual_seed(2)
        second = c.build()(evaluation(data, x))
        for a, b in zip(first, second, strict=True):
            if a != b:
                yield f"{a.name} is {a.value}, and the second time {b.value}"


@check("mathematics", "metric", mend="look at the sign, and at which way `better` says is better", see=METRIC)
def real_beats_noise(c: Candidate) -> Iterator[str]:
    """Whatever it measures, on some data real samples must score better than noise in something that ranks."""
    better, said = dict(getattr(c.part.cls, "better", {})), list[str]()
    if not better:
        raise Skip("nothing that it gives ranks")
    for data, x in tried(c):
        noise = data.decode(4 * torch.rand(len(x), *data.shape, generator=torch.Generator().manual_seed(0)) - 2)
        real, noisy = (_ranking(c.build()(evaluation(data, samples)), better) for samples in (x, noise))
        signs = {name: -1 if better[name] == "lower" else 1 for name in real if name in noisy}
        if any(sign * real[name] > sign * noisy[name] for name, sign in signs.items()):
            return
        said.append(f"on {data.name} real data score {real}, and noise {noisy}")
    yield from said


def _ranking(scores: list[Score], better: dict[str, str]) -> dict[str, float]:
    return {name: value for name, _, value in scores if name in better and value is not None}


@check(
    "build",
    "extractor",
    mend="give features (N, F), float32, and a key that pins the weights",
    see="help(ganzoo.Extractor)",
)
def features(c: Candidate) -> Iterator[str]:
    """Scores of one extractor are compared by its key, so the key must say which weights it has."""
    data = recipe.dataset("digits")
    try:
        made = c.build()(data)
        x = made(data.test.x[:10])
    except Unavailable as error:
        raise Skip(f"its weights are not here: {error}") from error
    if x.dim() != 2 or len(x) != 10 or x.dtype != torch.float32 or not x.isfinite().all():
        yield f"features are {x.dtype} {tuple(x.shape)}; they should be finite float32 (N, F)"
    if not torch.allclose(made(data.test.x[3:5]), x[3:5], rtol=1e-3, atol=1e-4):
        yield "the features of an image depend on which others are looked at with it"
    if "@" not in made.key:
        yield f"its key is {made.key!r}; say after an @ what pins it, such as eight digits of the weights' sha256"


BUILD: tuple[Check, ...] = (scores, features)
MATHEMATICS: tuple[Check, ...] = (same_again, real_beats_noise)
