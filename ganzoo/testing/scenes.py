"""Small games in which a part can be tried: on noise of the shapes of real data, without files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import torch
from torch import Tensor

from ganzoo.interfaces.datasets import Split
from ganzoo.interfaces.terms import Side, Term, Turn
from ganzoo.recipes.recipe import resolve
from ganzoo.recipes.spec import parse
from ganzoo.registry.registry import default
from ganzoo.support.errors import Incompatible, SpecError, UnknownName
from ganzoo.testing.check import Skip
from ganzoo.testing.subject import Candidate
from ganzoo.training.engine import Engine
from ganzoo.training.prepare import prepare
from ganzoo.training.trainer import Trainer
from ganzoo.zoo.catalog import ganzoo_components

FP32 = Engine(device="cpu", threads=1, layout="contiguous")
FP64 = Engine(device="cpu", threads=1, layout="contiguous", precision="fp64")
SMALL = {"batch": 8, "latent": 5, "d_steps": 1}
CLASSES = 4
PLACES = {"points": ("ring8", ((2,),)), "image": ("digits", ((1, 8, 8), (3, 32, 32), (3, 64, 64), (3, 128, 128)))}
"""Kind of data -> a data set that is always there, and shapes to try, the smallest first."""
HOMES = (("mlp", "points"), ("mlp", "image"), ("dcgan", "image"))
"""Where a term is tried, the quickest first."""
LOSSES = ("bce", "hinge", "wgan", "rpgan")
"""Which go with a regularizer, the most usual first."""


class Noise:
    """Labelled samples that only look like data."""

    def __init__(self, shape: tuple[int, ...], n: int = 50) -> None:
        generator = torch.Generator().manual_seed(5)
        x = torch.randn(n, *shape, generator=generator)
        self.shape, self.labels = shape, CLASSES
        self.train = Split(x.tanh() if len(shape) == 3 else x, torch.randint(CLASSES, (n,), generator=generator))

    def encode(self, x: Tensor) -> Tensor:
        """Nothing to do."""
        return x


@dataclass(frozen=True)
class Scene:
    """A spec, and the shape of what it is tried on."""

    spec: str
    shape: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.spec} on {'x'.join(map(str, self.shape))}"

    def trainer(self, engine: Engine = FP32, seed: int = 0, **settings: Any) -> Trainer:
        """A trainer that can begin. Raises `Incompatible` and `SpecError` where it cannot."""
        recipe = resolve(self.spec, None, {**SMALL, **settings})
        return prepare(recipe, Noise(self.shape), engine, seed)  # type: ignore[arg-type]


def stages(c: Candidate) -> list[Scene]:
    """Where a part can be tried: a term once, an architecture once for each kind of data that it takes.

    Raises `Skip` where there is no such place: the check `assembles` says why.
    """
    try:
        return find_stages(c)
    except Incompatible:
        raise Skip("it could be tried nowhere: see build, assembles") from None


def find_stages(c: Candidate) -> list[Scene]:
    """As `stages`. Raises `Incompatible` with what was said where there is no such place."""
    groups = _of_architecture(c) if c.component.kind == "architecture" else [_of_term(c)]
    try:
        return [_first(group) for group in groups]
    except UnknownName as error:  # in what a bundle expands to
        raise Incompatible(str(error)) from None


def _of_architecture(c: Candidate) -> list[Iterator[Scene]]:
    kinds = sorted(c.component.data & PLACES.keys()) or sorted(PLACES)
    return [iter([Scene(f"{c.spec}+bce@{PLACES[kind][0]}", shape) for shape in PLACES[kind][1]]) for kind in kinds]


def _of_term(c: Candidate) -> Iterator[Scene]:
    losses = LOSSES if needs_loss(c) else ("",)
    for loss, (architecture, kind), shape in product(losses, [*HOMES, *_own_homes(c)], range(2)):
        yield from _scene(kind, shape, architecture, loss, c.spec)
    for other in (p.name for p in ganzoo_components() if p.kind == "regularizer" and p.name != c.component.name):
        for architecture, kind in HOMES:
            yield from _scene(kind, 0, architecture, losses[0], other, c.spec)


def _own_homes(c: Candidate) -> Iterator[tuple[str, str]]:
    """Architectures that come with a term, and may give what others cannot."""
    for entry in c.subject.entries() if c.subject.plugin else ():
        if entry.component.kind == "architecture":
            yield from ((entry.name, kind) for kind in sorted(entry.component.data & PLACES.keys(), reverse=True))


def _scene(kind: str, shape: int, *parts: str) -> Iterator[Scene]:
    data, shapes = PLACES[kind]
    yield from (Scene("+".join(filter(None, parts)) + f"@{data}", s) for s in shapes[shape : shape + 1])


def needs_loss(c: Candidate) -> bool:
    """Whether a term, or a bundle of terms, is no whole game yet."""
    if c.component.kind != "bundle":
        return c.component.kind == "regularizer"
    known, parts = default(), parse(c.component.expands).parts
    return not any(known.lookup(p.name, ("loss", "regularizer"), p.plugin).component.kind == "loss" for p in parts)


def _first(scenes: Iterator[Scene]) -> Scene:
    said: dict[str, None] = {}
    for scene in scenes:
        try:
            scene.trainer()
        except (Incompatible, SpecError) as refusal:
            said[str(refusal)] = None
        else:
            return scene
    raise Incompatible("it could be tried nowhere: " + "; ".join([*said][:3]))


def term_of(trainer: Trainer, c: Candidate) -> Term:
    """The candidate among the terms of a game."""
    return next(term for term in trainer.terms if term.name == c.entry.name)


def turn(trainer: Trainer, side: Side, rows: slice = slice(None)) -> Turn:
    """A turn of that player, with what the terms make of it, on the first reals; `rows` of them."""
    x, y = trainer.batches(side, 0, trainer.settings.batch)
    x = x[rows].detach().requires_grad_() if side == "d" else x[rows]
    made = Turn(trainer.game, side, trainer.steps[side], x, None if y is None else y[rows])
    for term in trainer.terms:
        term.turn(made)
    return made
