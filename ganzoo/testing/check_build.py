"""Whether a part can be built: networks of every shape and option, and terms with at least one built-in partner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ganzoo.interfaces.networks import NetSpec
from ganzoo.support.errors import Incompatible
from ganzoo.testing.checks import TERMS, check
from ganzoo.testing.own_data import own_data
from ganzoo.testing.trials import FP32, find_trials
from ganzoo.testing.under_test import PartUnderTest

SHAPES = {
    "image": ((1, 8, 8), (2, 12, 12), (1, 28, 28), (3, 32, 32), (3, 64, 64)),
    "points": ((2,),),
    "sequence": ((16, 3),),
    "table": ((7,),),
}
"""Shapes of a sample that are tried for each kind of data."""
LATENT, CLASSES, HEAD = 5, 3, 2
NETWORK = "help(ganzoo.Architecture) and help(ganzoo.NetSpec)"


def build_pair(part: PartUnderTest, shape: tuple[int, ...], **options: Any) -> tuple[nn.Module, nn.Module] | None:
    """G and D for samples of this shape, with the same weights each time; None where the architecture refuses it.

    One that refuses data that gives nothing is given noise of the same shape.
    """
    for source in (None, shape):
        g_spec, d_spec = (NetSpec(shape=shape, latent=LATENT, labels=CLASSES, source=source, **options) for _ in "gd")
        try:
            with FP32.active():
                torch.manual_seed(0)
                architecture = part.build()
                g, d = architecture.generator(g_spec), architecture.discriminator(d_spec)
        except Incompatible:
            continue
        return GivenNoise(g, source) if g_spec.given and source else g, d
    return None


class GivenNoise(nn.Module):
    """A generator that takes what is given, and is always given the same noise."""

    def __init__(self, net: nn.Module, source: tuple[int, ...]) -> None:
        super().__init__()
        self.net = net
        self.noise = torch.rand(1, *source, generator=torch.Generator().manual_seed(0)) * 2 - 1

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        """z (N, latent), y (N,) -> x (N, *shape)."""
        x: Tensor = self.net(z, y, self.noise.expand(len(z), *self.noise.shape[1:]))
        return x


def shapes_of(part: PartUnderTest, kind: str) -> list[tuple[int, ...]]:
    """Shapes of samples of a kind: the usual ones, and those of the plugin's own data sets."""
    own = [tuple(data.shape) for data in own_data(part, kind)]
    return list(dict.fromkeys([*SHAPES.get(kind, ()), *own]))


def smallest_pairs(part: PartUnderTest, **options: Any) -> Iterator[tuple[tuple[int, ...], nn.Module, nn.Module]]:
    """For each kind of data, the first shape that can be built with these options of a `NetSpec`, with G and D."""
    for kind in sorted(part.component.data or SHAPES):
        for shape in shapes_of(part, kind):
            if pair := build_pair(part, shape, **options):
                yield shape, *pair
                break


@check(
    "build", "architecture", mend="return what the docstrings of the two builders say, for these shapes", see=NETWORK
)
def shapes(part: PartUnderTest) -> Iterator[str]:
    """Losses rely on the inputs and outputs of networks, in training and in evaluation, for one sample and for many."""
    kinds, built = part.component.data, set()
    for kind in sorted(kinds or SHAPES):
        for shape in shapes_of(part, kind):
            for heads in ({"extra": HEAD}, {}):  # an architecture may refuse other outputs than the score
                if pair := build_pair(part, shape, heads=heads):
                    built.add(kind)
                    for train, n in ((True, 6), (False, 6), (False, 1)):
                        yield from _output_faults(kind, shape, *pair, train, n, heads)
                    break
    for kind in sorted((kinds or built) - built):
        tried = ", ".join(map(str, shapes_of(part, kind))) or "that kind: neither ganzoo nor the plugin has such data"
        yield f"it declares data of the kind {kind}, but builds none of {tried}"


def _output_faults(
    kind: str, shape: tuple[int, ...], g: nn.Module, d: nn.Module, train: bool, n: int, heads: Mapping[str, int]
) -> Iterator[str]:
    at = f"{shape}, {n} sample{'s' * (n > 1)}, {'training' if train else 'evaluation'}"
    x: Tensor = g.train(train)(torch.randn(n, LATENT), None)
    if x.shape != (n, *shape) or x.dtype != torch.float32:
        yield f"{at}: G returns {x.dtype} {tuple(x.shape)}"
        return
    if kind == "image" and x.abs().max() > 1:
        yield f"{at}: G's images reach {x.abs().max():.3g}, but must lie in [-1, 1]"
    outputs = d.train(train)(x.detach(), None)
    for name, expected in {
        "score": (n,),
        "features": (n, "F"),
        **{name: (n, width) for name, width in heads.items()},
    }.items():
        given = tuple(outputs[name].shape) if name in outputs else "missing"
        patches = name == "score" and isinstance(given, tuple) and len(given) > 1  # a score of each
        if patches and given[0] == n:
            continue
        if len(given) != len(expected) or any(e not in ("F", size) for size, e in zip(given, expected, strict=True)):
            yield f"{at}: D's {name} is {given}, but its shape should be {expected}"
    if not all(value.isfinite().all() for value in (x, *outputs.values())):
        yield f"{at}: an output is not finite"


@check("build", "architecture", mend="draw weights from torch's default generator, and from nothing else", see=NETWORK)
def same_seed_same_weights(part: PartUnderTest) -> Iterator[str]:
    """A run's weights must be a function of its seed, or nobody can repeat a result."""
    for shape, *first in smallest_pairs(part):
        for one, other in zip(first, build_pair(part, shape) or (), strict=True):
            if any(not torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True)):
                yield f"{shape}: two networks built with the same seed have different weights"


@check("build", "architecture", mend="let G draw from torch's default generator, and from nothing else", see=NETWORK)
def same_seed_same_samples(part: PartUnderTest) -> Iterator[str]:
    """Samples must be a function of the seed, noise of G's own included, or no score can be measured again."""
    for shape, g, _ in smallest_pairs(part):
        z, samples = torch.randn(4, LATENT), []
        for _ in range(2):
            with FP32.active():
                torch.manual_seed(0)
                samples.append(g.eval()(z, None))
        if not torch.equal(*samples):
            yield f"{shape}: G gives two samples for the same z and the same seed"


@check("build", "architecture", mend="apply each of `spec.tail` to the features, just before the heads", see=NETWORK)
def tail(part: PartUnderTest) -> Iterator[str]:
    """Terms such as minibatch statistics are layers that D applies just before its heads."""

    class Counting(nn.Module):
        calls = 0

        def forward(self, x: Tensor) -> Tensor:
            Counting.calls += 1
            return x

    for shape, _, d in smallest_pairs(part, tail=[Counting]):
        Counting.calls = 0
        d.eval()(torch.zeros(4, *shape))
        if not Counting.calls:
            yield f"{shape}: D does not use the layer in `spec.tail`"


@check("build", "architecture", mend="use y where spec.classes > 0, or raise ganzoo.Incompatible", see=NETWORK)
def labels(part: PartUnderTest) -> Iterator[str]:
    """A conditional loss must get conditional networks or a refusal, not networks that ignore y."""
    for shape, g, d in smallest_pairs(part, classes=CLASSES):
        z, y = torch.randn(4, LATENT), torch.tensor([0, 1, 2, 0])
        x = g.eval()(z, y)
        if torch.equal(x, g(z, (y + 1) % CLASSES)):
            yield f"{shape}: G gives the same samples for any y"
        if torch.equal(d.eval()(x, y)["score"], d(x, (y + 1) % CLASSES)["score"]):
            yield f"{shape}: D gives the same scores for any y"


@check("build", "architecture", mend="raise ganzoo.Incompatible for anything unknown in spec.needs", see=NETWORK)
def unknown_needs(part: PartUnderTest) -> Iterator[str]:
    """A loss that needs what a network does not have must be refused before training."""
    for shape, *_ in smallest_pairs(part, needs={"no-such-need"}):
        yield f"{shape}: it builds networks although spec.needs has 'no-such-need', which it cannot know"


@check("build", "architecture", mend="omit batch normalisation in D where spec.batch_norm is False", see=NETWORK)
def each_sample_alone(part: PartUnderTest) -> Iterator[str]:
    """A gradient penalty differentiates each sample's score by that sample, so the score must depend on no other."""
    for shape, _, d in smallest_pairs(part, batch_norm=False):
        for n in (1, 4):
            x = torch.randn(n, *shape).requires_grad_()
            (gradient,) = torch.autograd.grad(d.train()(x)["score"][0].sum(), x)
            if n > 1 and gradient[1:].abs().max() > 0:
                yield f"{shape}: in training the score of a sample depends on others, though spec.batch_norm is False"


@check(
    "build",
    *TERMS,
    "bundle",
    mend="refuse less in `prepare`, or say in the docstring what the part needs",
    see="help(ganzoo.Term)",
)
def assembles(part: PartUnderTest) -> Iterator[str]:
    """A part that combines with nothing built in can be neither tried nor compared."""
    for trial in find_trials(part):
        if not all(isinstance(x, Tensor) for term in trial.trainer().terms for x in term.state.values()):
            yield "its state holds something other than tensors, which cannot be saved"
