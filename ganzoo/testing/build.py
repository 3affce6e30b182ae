"""Whether a part can be built, and is then what it says."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn

from ganzoo.interfaces.networks import NetSpec
from ganzoo.support.errors import Incompatible
from ganzoo.testing import datasets, metrics, services
from ganzoo.testing.check import TERMS, Check, check
from ganzoo.testing.scenes import FP32, find_stages
from ganzoo.testing.subject import Candidate

SHAPES = {
    "image": ((1, 8, 8), (2, 12, 12), (1, 28, 28), (3, 32, 32), (3, 64, 64)),
    "points": ((2,),),
    "sequence": ((16, 3),),
    "table": ((7,),),
}
LATENT, CLASSES, HEAD = 5, 3, 2
NETWORK = "help(ganzoo.Architecture) and help(ganzoo.NetSpec)"


def places(c: Candidate) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Each kind of data that an architecture declares, with each shape that is tried."""
    for kind in sorted(c.component.data or SHAPES):
        yield from ((kind, shape) for shape in SHAPES[kind])


def pair(c: Candidate, shape: tuple[int, ...], **said: Any) -> tuple[nn.Module, nn.Module] | None:
    """G and D for samples of this shape; None where the builder refuses it with a sentence."""
    specs = [NetSpec(shape=shape, latent=LATENT, labels=CLASSES, **said) for _ in range(2)]
    try:
        with FP32.active():
            torch.manual_seed(0)
            made = c.build()
            return made.generator(specs[0]), made.discriminator(specs[1])
    except Incompatible:
        return None


def some(c: Candidate, **said: Any) -> Iterator[tuple[tuple[int, ...], nn.Module, nn.Module]]:
    """The smallest pair of each kind of data that can be built so."""
    for kind in sorted(c.component.data or SHAPES):
        built = ((shape, made) for shape in SHAPES[kind] if (made := pair(c, shape, **said)))
        if first := next(built, None):
            yield first[0], *first[1]


@check("build", "architecture", mend="give what the docstrings of the two builders say, for these shapes", see=NETWORK)
def shapes(c: Candidate) -> Iterator[str]:
    """Every loss relies on what networks take and give, in training and in evaluation, for one sample and for many."""
    built = set()
    for kind, shape in places(c):
        if nets := pair(c, shape, heads={"extra": HEAD}):
            built.add(kind)
            for train, n in ((True, 6), (False, 6), (False, 1)):
                yield from _forward(kind, shape, *nets, train, n)
    for kind in sorted((c.component.data or built) - built):
        yield f"it declares data of the kind {kind}, but builds none of {', '.join(map(str, SHAPES[kind]))}"


def _forward(kind: str, shape: tuple[int, ...], g: nn.Module, d: nn.Module, train: bool, n: int) -> Iterator[str]:
    where = f"{shape}, {n} sample{'s' * (n > 1)}, {'training' if train else 'evaluation'}"
    x: Tensor = g.train(train)(torch.randn(n, LATENT), None)
    if x.shape != (n, *shape) or x.dtype != torch.float32:
        yield f"{where}: G gives {x.dtype} {tuple(x.shape)}"
        return
    if kind == "image" and x.abs().max() > 1:
        yield f"{where}: G's images reach {x.abs().max():.3g}, but they lie in [-1, 1]"
    out = d.train(train)(x.detach(), None)
    for name, expected in {"score": (n,), "extra": (n, HEAD), "features": (n, None)}.items():
        found = tuple(out[name].shape) if name in out else None
        if found is None or len(found) != len(expected) or (expected[-1] and found != expected) or found[0] != n:
            yield f"{where}: D's {name} is {found}, but should be {'(N, F)' if None in expected else expected}"
    if not all(value.isfinite().all() for value in (x, *out.values())):
        yield f"{where}: an output is not finite"


@check("build", "architecture", mend="draw weights from torch's default generator, and from nothing else", see=NETWORK)
def same_seed_same_weights(c: Candidate) -> Iterator[str]:
    """A run's weights are a function of its seed: otherwise nobody can repeat a result."""
    for shape, *first in some(c):
        again = pair(c, shape)
        for a, b in zip(first, again or (), strict=True):
            if any(not torch.equal(x, y) for x, y in zip(a.parameters(), b.parameters(), strict=True)):
                yield f"{shape}: two networks of one seed have other weights"


@check("build", "architecture", mend="apply each of `spec.tail` to the features, just before the heads", see=NETWORK)
def tail(c: Candidate) -> Iterator[str]:
    """Minibatch statistics and the like are layers that D puts just before its heads."""

    class Watched(nn.Module):
        calls = 0

        def forward(self, x: Tensor) -> Tensor:
            Watched.calls += 1
            return x

    for shape, _, d in some(c, tail=[Watched]):
        Watched.calls = 0
        d.eval()(torch.zeros(4, *shape))
        if not Watched.calls:
            yield f"{shape}: D does not use the layer that `spec.tail` gives it"


@check("build", "architecture", mend="take y where spec.classes > 0, or raise ganzoo.Incompatible", see=NETWORK)
def labels(c: Candidate) -> Iterator[str]:
    """A conditional loss must get conditional networks or a refusal, not networks that leave y out."""
    for shape, g, d in some(c, classes=CLASSES):
        z, y = torch.randn(4, LATENT), torch.tensor([0, 1, 2, 0])
        x = g.eval()(z, y)
        if torch.equal(x, g(z, (y + 1) % CLASSES)):
            yield f"{shape}: G gives the same samples whatever y is"
        if torch.equal(d.eval()(x, y)["score"], d(x, (y + 1) % CLASSES)["score"]):
            yield f"{shape}: D gives the same scores whatever y is"


@check("build", "architecture", mend="raise ganzoo.Incompatible for what is in spec.needs and not known", see=NETWORK)
def unknown_needs(c: Candidate) -> Iterator[str]:
    """What a loss needs of a network and does not get must be said before training."""
    for shape, *_ in some(c, needs={"no-such-need"}):
        yield f"{shape}: it builds networks for a need that it cannot know"


@check("build", "architecture", mend="leave out batch normalisation in D where spec.batch_norm is False", see=NETWORK)
def each_sample_alone(c: Candidate) -> Iterator[str]:
    """A gradient penalty differentiates each sample's score by that sample: no other may have a part in it."""
    for (shape, _, d), n in product(some(c, batch_norm=False), (1, 4)):
        x = torch.randn(n, *shape).requires_grad_()
        (gradient,) = torch.autograd.grad(d.train()(x)["score"][0], x)
        if n > 1 and gradient[1:].abs().max() > 0:
            yield f"{shape}: in training the score of one sample depends on others, though spec.batch_norm is False"


@check(
    "build",
    *TERMS,
    "bundle",
    mend="refuse less in `prepare`, or say in the docstring what it needs",
    see="help(ganzoo.Term)",
)
def assembles(c: Candidate) -> Iterator[str]:
    """A term that goes together with nothing built in can be neither tried nor compared."""
    for scene in find_stages(c):
        state = [x for term in scene.trainer().terms for x in term.state.values()]
        if not all(isinstance(x, Tensor) for x in state):
            yield "its state holds something else than tensors, which cannot be saved"


CHECKS: tuple[Check, ...] = (
    shapes,
    same_seed_same_weights,
    tail,
    labels,
    unknown_needs,
    each_sample_alone,
    assembles,
    *datasets.BUILD,
    *metrics.BUILD,
    *services.BUILD,
)
