"""Trials: small games in which a part is tried on noise of the shape of real data, so that no files are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import product

import torch
from torch import Tensor

from ganzoo.interfaces.component import Component
from ganzoo.interfaces.datasets import Split
from ganzoo.interfaces.terms import Term
from ganzoo.interfaces.turn import Side, Turn
from ganzoo.recipes.recipe import resolve
from ganzoo.recipes.spec import parse
from ganzoo.registry.registry import current_registry
from ganzoo.support.errors import Incompatible, SpecError, UnknownName
from ganzoo.testing.checks import Skip
from ganzoo.testing.own_data import own_data
from ganzoo.testing.under_test import PartUnderTest
from ganzoo.training.engine import Engine
from ganzoo.training.execution import Eager, seeded
from ganzoo.training.gradients import Gradients
from ganzoo.training.prepare import prepare
from ganzoo.training.trainer import Trainer
from ganzoo.zoo.catalog import ganzoo_components

FP32 = Engine(device="cpu", threads=1, layout="contiguous")
FP64 = replace(FP32, precision="fp64")
SIDES: tuple[Side, Side] = ("d", "g")
SMALL = {"batch": 8, "latent": 5}
SHAPES: dict[str, list[tuple[int, ...]]] = {
    "image": [(1, 8, 8), (3, 32, 32), (3, 64, 64), (3, 128, 128)],
    "points": [(2,)],
}
"""Shapes of noise for each kind of data, the smallest first."""
DATA = {"image": "digits", "points": "ring8"}
"""A data set of each kind that needs no files."""
ARCHITECTURES = (("mlp", "points"), ("mlp", "image"), ("dcgan", "image"))
"""What a term is tried with, the quickest first."""
LOSSES = ("bce", "hinge", "wgan", "rpgan")
"""What a regularizer is tried with, the most usual first."""


@dataclass(frozen=True)
class Noise:
    """Random samples that stand in for a data set: uint8, encoded to [-1, 1], with labels 0, 1, 2 ... in turn."""

    shape: tuple[int, ...]
    n: int = 50
    labels: int = 0
    name: str = "noise"
    source: tuple[int, ...] | None = None
    """Shape of what is given with each sample; None if nothing is."""
    choose = None

    def __str__(self) -> str:
        return f"{self.name}, {'x'.join(map(str, self.shape))}"

    @cached_property
    def train(self) -> Split:
        """All samples."""
        generator = torch.Generator().manual_seed(5)
        x = torch.randint(0, 256, (self.n, *self.shape), generator=generator, dtype=torch.uint8)
        y = torch.arange(self.n) % self.labels if self.labels else None
        if self.source is None:
            return Split(x, y)
        return Split(x, y, torch.randint(0, 256, (self.n, *self.source), generator=generator, dtype=torch.uint8))

    def encode(self, x: Tensor) -> Tensor:
        """uint8 -> float32 in [-1, 1]."""
        return x.float() / 127.5 - 1

    encode_given = encode


@dataclass(frozen=True)
class Trial:
    """A spec without its data set, a data set, and the shape of the noise that stands in for the data."""

    spec: str
    data: str
    shape: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.spec}@{self.data} on {'x'.join(map(str, self.shape))}"

    def plus(self, part: str) -> Trial:
        """With one more part."""
        return replace(self, spec=f"{self.spec}+{part}")

    def trainer(self, engine: Engine = FP32) -> Trainer:
        """A trainer before its first move. Raises `Incompatible` and `SpecError` where the parts do not combine."""
        recipe = resolve(self.spec, self.data, {**SMALL, "d_steps": 1})
        noise = Noise(self.shape, labels=4, source=self.shape)  # something is given, for parts that need it
        return prepare(recipe, noise, engine)  # type: ignore[arg-type]


def trials(part: PartUnderTest) -> list[Trial]:
    """One trial of a term, and one of an architecture for each kind of data that it takes.

    Raises `Skip` where no trial is possible: the check `assembles` says why.
    """
    try:
        return find_trials(part)
    except Incompatible:
        raise Skip("it combines with nothing built in: see build, assembles") from None


def find_trials(part: PartUnderTest) -> list[Trial]:
    """The same, but raises `Incompatible` with the reasons where no trial is possible."""
    groups: list[Iterable[Trial]] = [_of_term(part)]
    if part.component.kind == "architecture":
        kinds = sorted(part.component.data) or sorted(SHAPES)
        groups = [[Trial(f"{part.spec}+bce", *place) for place in places_of(part, kind)] for kind in kinds]
        groups = [group for group in groups if group]
    try:
        return [first_possible(group) for group in groups]
    except UnknownName as error:  # in the expansion of a bundle
        raise Incompatible(str(error)) from None


def places_of(part: PartUnderTest, kind: str) -> list[tuple[str, tuple[int, ...]]]:
    """A data set and a shape of samples, for data of a kind; of the plugin's own data where none is built in."""
    if kind in SHAPES:
        return [(DATA[kind], shape) for shape in SHAPES[kind]]
    return [(data.name, tuple(data.shape)) for data in own_data(part, kind)]


def _of_term(part: PartUnderTest) -> Iterator[Trial]:
    """With each architecture, then with one more regularizer, which it may rely on.

    Architectures of the same plugin are tried too: they may have what no built-in one has.
    """
    losses = [f"+{loss}" for loss in LOSSES] if needs_loss(part) else [""]
    own = [e for e in part.plugin.entries() if e.component.kind == "architecture"] if part.plugin.plugin else []
    of_own = [(e.name, kind) for e in own for kind in sorted(e.component.data, reverse=True)]
    for loss, (architecture, kind) in product(losses, [*ARCHITECTURES, *of_own]):
        for place in places_of(part, kind)[:2]:
            yield Trial(f"{architecture}{loss}+{part.spec}", *place)
    for other, (architecture, kind) in product(partners(part, "regularizer"), ARCHITECTURES):
        yield Trial(f"{architecture}{losses[0]}+{other.name}+{part.spec}", DATA[kind], SHAPES[kind][0])


def partners(part: PartUnderTest, kind: str) -> list[Component]:
    """The built-in parts of a kind, except the part itself."""
    return [c for c in ganzoo_components() if c.kind == kind and c.name != part.component.name]


def needs_loss(part: PartUnderTest) -> bool:
    """Whether a term, or a bundle of terms, requires a loss to make a recipe."""
    if part.component.kind != "bundle":
        return part.component.kind == "regularizer"
    known, specs = current_registry(), parse(part.component.expands).parts
    return not any(known.lookup(s.name, ("loss", "regularizer"), s.plugin).component.kind == "loss" for s in specs)


def first_possible(group: Iterable[Trial]) -> Trial:
    """The first that is not refused. Raises `Incompatible` with the first reasons where all are."""
    reasons: dict[str, None] = {}
    for trial in group:
        try:
            trial.trainer()
        except (Incompatible, SpecError) as refusal:
            reasons[str(refusal)] = None
        else:
            return trial
    raise Incompatible("it combines with nothing that is built in: " + "; ".join([*reasons][:3]))


def term_under_test(trainer: Trainer, part: PartUnderTest) -> Term:
    """The part among the terms of a trainer."""
    return next(term for term in trainer.terms if term.name == part.entry.name)


def gradients_of(trainer: Trainer, side: Side, index: int | None = None) -> tuple[Gradients, dict[str, Tensor]]:
    """Gradients and values of a player's next move, in which all terms count, without a step; or of one shard of it."""
    shards = trainer.shards(side, trainer.moves[side])
    if len(shards) > 1 and index is None:
        moves = partial(trainer.mean_of_shards, side, trainer.terms)
        mean: tuple[Gradients, dict[str, Tensor]] = Eager().play(side, moves, trainer.game.device, shards)
        return mean
    return trainer.shard(side, trainer.terms, next(seeded(trainer.game.device, [shards[index or 0]])))


def first_turn(trainer: Trainer, side: Side, rows: slice = slice(None)) -> Turn:
    """The turn of a player's first move, after every term's `turn`; `rows` selects reals of the batch."""
    x, y, given = trainer.batches(side, 0, trainer.settings.batch).map(lambda tensor: tensor[rows])
    x = x.detach().requires_grad_() if side == "d" else x
    turn = Turn(trainer.game, side, trainer.steps[side], x, y, given=given)
    for term in trainer.terms:
        term.turn(turn)
    return turn
