"""Losses and regularizers: with the first half of `turn.py` all that the author of one must read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from torch import Tensor

from ganzoo.interfaces.bounds import Count, NonNegative
from ganzoo.interfaces.networks import NetSpec
from ganzoo.interfaces.turn import Game, Turn


@dataclass(kw_only=True)
class Term:
    """Something that the players minimise, or that changes their moves. Fields are options; methods are optional.

    A float among the options may be a schedule. From `attach` on its field is then a 0-dim tensor on `game.device`,
    which is filled in place before each round: use it as a number in `turn`, `d` and `g`, and never branch on it.
    """

    weight: NonNegative = 1.0
    """Factor of what this term adds to a player's loss."""
    every: Count = 1
    """Lazy regularization: counted on each N-th move only, with N times the weight. The log shows it unscaled."""
    name: str = field(default="", init=False, repr=False)
    """Set when the recipe is built; the name of its values in the log."""
    state: dict[str, Tensor] = field(default_factory=dict, init=False, repr=False)
    """Made in `attach` on `game.device`, changed in place, saved with the run. Each shard of a batch starts from the
    same state; floats are averaged over shards, and whole numbers should be the same after each."""
    order: ClassVar[int] = 50
    """The order in which `turn` runs: augmentations 0, packing 10, look-ahead 20, the rest 50."""
    capturable: ClassVar[bool] = False
    """True: no Python code in `turn`, `d` and `g` depends on the values of a tensor, so a move can be captured."""
    second_order: ClassVar[bool] = False
    """True: `d` differentiates D by its input. Such moves gain by compilation."""
    uses_progress: ClassVar[bool] = False
    """True: it reads `t.progress`, so that the budget decides its numbers and is part of the recipe's id."""
    constant: ClassVar[tuple[str, ...]] = ()
    """Floats among the options that cannot change over a run, because `prepare` or `attach` already uses them."""

    def prepare(self, g: NetSpec, d: NetSpec) -> None:
        """Before the networks are built: edit their specs, or raise `Incompatible`."""

    def attach(self, game: Game) -> None:
        """Once they are built: parametrize modules, hook optimizers, make state."""

    def turn(self, t: Turn) -> None:
        """Before each move: replace quantities of the turn."""

    def d(self, t: Turn) -> Tensor | None:
        """What D also minimises: a scalar."""

    def g(self, t: Turn) -> Tensor | None:
        """What G also minimises: a scalar."""


class Loss(Term):
    """The adversarial loss. A recipe has one; it defines both `d` and `g`."""

    relativistic: ClassVar[bool] = False
    """Whether it compares reals with fakes, so that only differences of scores have a meaning."""

    @property
    def boundary(self) -> float | Tensor | None:
        """The score that is as much of a real as of a fake; None if only differences of scores have a meaning."""
        return None if self.relativistic else 0.0


class Regularizer(Term):
    """A penalty, an augmentation, a normalisation ... A recipe has any number of them."""
