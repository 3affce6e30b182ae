"""A plugin of one file that translates: from the negative of a digit to the digit, by networks that take any size."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from msgspec import Meta
from torch import nn

import ganzoo


@ganzoo.hookimpl
def ganzoo_components():
    def part(kind, name, target, summary, **more):
        about = {"summary": summary, "paper": "nobody 2026, for a test"}
        return ganzoo.Component(kind=kind, name=name, target=f"{__name__}:{target}", **about, **more)

    return [
        part("dataset", "negatives", "Negatives", "digits, and their negatives", data={"image"}),
        part("architecture", "filter", "Filter", "one layer each", data={"image"}),
        part("regularizer", "distance", "Distance", "E |x - G(given)|"),
        part("metric", "answer", "Answer", "the distance to what belongs to what was given"),
    ]


@dataclass(eq=False)
class Negatives(ganzoo.Images):
    """G is given 255 - x."""

    metrics, primary = ("answer",), "answer"

    def load(self):
        digits = ganzoo.dataset("digits")
        return [ganzoo.Split(split.x, given=255 - split.x) for split in (digits.train, digits.test)]


class Generator(nn.Module):
    """A convolution of what is given, and noise that can be turned off."""

    def __init__(self, channels):
        super().__init__()
        self.multiple, self.sampling = 4, {"noise": 0.0}
        self.conv = nn.Conv2d(channels, channels, 1)

    def forward(self, z, y=None, given=None):
        x = self.conv(given)
        return (x + float(self.sampling["noise"]) * torch.randn_like(x)).tanh()


class Discriminator(nn.Module):
    """A score of each patch."""

    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, 1, 3, 2, 1)

    def forward(self, x, y=None, given=None):
        score = self.conv(x if given is None else torch.cat([x, given], 1)).squeeze(1)
        return {"score": score, "features": score.flatten(1)}


@dataclass
class Filter:
    """One layer each."""

    def generator(self, spec):
        if not spec.source or spec.source != spec.shape:
            raise ganzoo.Incompatible("filter changes an image that the data gives, and this data gives none")
        refuse_others(spec)
        spec.given = spec.source
        return Generator(spec.shape[0])

    def discriminator(self, spec):
        refuse_others(spec)
        return Discriminator(spec.shape[0] + (spec.given[0] if spec.given else 0))


def refuse_others(spec):
    if spec.classes or spec.heads or spec.tail or spec.needs:
        raise ganzoo.Incompatible("filter has no labels, and no output but the score; leave out what asks for them")


@dataclass(kw_only=True)
class Distance(ganzoo.Regularizer):
    """E |x - G(given)|."""

    weight: Annotated[float, Meta(ge=0)] = 100.0
    """Its factor."""
    capturable = True

    def prepare(self, g, d):
        if not g.source or not g.paired:
            raise ganzoo.Incompatible("it compares with the answer, and this data has no pairs; leave it out")

    def g(self, t):
        return (t.fake - t.real).abs().mean()


@dataclass
class Answer:
    """The mean absolute error to the answers, and that of copying what is given."""

    better: ClassVar = {"answer": "lower"}

    def __call__(self, e):
        if e.answer is None:
            raise ganzoo.Incompatible("answer scores samples made of held-out pairs; give a run of such data")
        protocol = f"ref={e.reference('test')},n={len(e)}"
        errors = {"answer": e.x, "answer.copy": e.given}
        return [ganzoo.Score(name, protocol, mean_error(x, e.answer)) for name, x in errors.items()]


def mean_error(x, answer):
    return (x.float() - answer.float()).abs().mean().item()
