"""Losses and regularizers: all that the author of one must read. `networks.py` is for authors of architectures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from ganzoo.interfaces.bounds import Count, NonNegative
from ganzoo.interfaces.lazy import Lazy
from ganzoo.interfaces.networks import NetSpec, Player

Side = Literal["d", "g"]


@dataclass
class Game:
    """The two players, and what their moves have in common."""

    g: Player
    d: Player
    latent: Callable[[int], Tensor]
    """n -> z of (n, latent)."""
    device: torch.device
    loss: Loss
    classes: int = 0
    """> 0: G takes labels, of so many classes."""
    autocast: Callable[[], AbstractContextManager[Any]] = nullcontext
    """Wraps calls of G and D, and nothing else."""
    batch: int = 1
    """Real images in one move, over all of its shards."""
    group: int = 1
    """Samples that D judges together: neighbours in the batch."""


def _identity(x: Tensor) -> Tensor:
    return x


def then(first: Callable[[Tensor], Tensor], second: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """x -> second(first(x)): how a term adds to a turn's `view`."""
    return lambda x: second(first(x))


@dataclass(eq=False)
class Turn:
    """One player's move. Each quantity is computed on first use and kept; a term's `turn` may assign to any.

    In D's move `real` and `fake` are leaves that require grad, so that a penalty can differentiate by them.
    """

    game: Game
    player: Side
    step: Tensor
    """0-dim, on the device: moves that this player has made."""
    real: Tensor
    """(N, *shape), in the network's units."""
    y: Tensor | None = None
    """(N,) int64, the labels of `real`, where the data has them."""
    view: Callable[[Tensor], Tensor] = _identity
    """What D is given of a sample: augmentations, packing."""

    @Lazy
    def G(self) -> Callable[..., Tensor]:
        """The generator."""
        return self.game.g.net

    @Lazy
    def D(self) -> Callable[..., dict[str, Tensor]]:
        """The discriminator."""
        return self.game.d.net

    @Lazy
    def z(self) -> Tensor:
        """(N, latent), fresh for this move."""
        return self.game.latent(len(self.real))

    @Lazy
    def fake_y(self) -> Tensor | None:
        """(N,) labels of the fakes: those of the reals, so that each class is as frequent as in the data."""
        return self.y if self.game.classes else None

    @Lazy
    def fake(self) -> Tensor:
        """(N, *shape) from G; in D's move without a graph back to G."""
        x = self.generate(self.z, self.fake_y)
        return x.requires_grad_() if self.player == "d" else x

    @Lazy
    def real_out(self) -> dict[str, Tensor]:
        """D's outputs on the reals."""
        return self.judge(self.real, self.y)

    @Lazy
    def fake_out(self) -> dict[str, Tensor]:
        """D's outputs on the fakes."""
        return self.judge(self.fake, self.fake_y)

    @Lazy
    def real_score(self) -> Tensor:
        """(N,) D's score of the reals. Touching it in G's move is what makes a loss relativistic."""
        return self.real_out["score"]

    @Lazy
    def fake_score(self) -> Tensor:
        """(N,) D's score of the fakes."""
        return self.fake_out["score"]

    def generate(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        """G's samples, in float32 at least; in D's move without a graph back to G."""
        with torch.set_grad_enabled(self.player == "g"), self.game.autocast():
            return _full(self.G(z, y))

    def judge(self, x: Tensor, y: Tensor | None = None) -> dict[str, Tensor]:
        """D's outputs on `view(x)`, in float32 at least."""
        with self.game.autocast():
            out = self.D(self.view(x), y)
        return {name: _full(value) for name, value in out.items()}

    def slope(self, out: Mapping[str, Tensor], x: Tensor) -> Tensor:
        """(N,) the norm of d score / d x of each sample, or of each group judged together. Twice differentiable."""
        score = out["score"]
        (gradient,) = torch.autograd.grad(score.sum(), x, create_graph=True)
        norms: Tensor = torch.linalg.vector_norm(gradient.reshape(len(score), -1), dim=1)
        return norms


def _full(x: Tensor) -> Tensor:
    return x.float() if x.dtype in (torch.bfloat16, torch.float16) else x


# ---------------------------------------------------------------- terms


@dataclass(kw_only=True)
class Term:
    """Something that the players minimise, or that changes their moves. Fields are options; methods are optional."""

    weight: NonNegative = 1.0
    """Factor of what this term adds to a player's loss."""
    every: Count = 1
    """Lazy regularization: counted on each N-th move only, with N times the weight. The log shows it unscaled."""
    name: str = field(default="", init=False, repr=False)
    """Set when the recipe is built; the name of its values in the log."""
    state: dict[str, Tensor] = field(default_factory=dict, init=False, repr=False)
    """Made in `attach` on `game.device`, changed in place, saved with the run."""
    order: ClassVar[int] = 50
    """The order in which `turn` runs: augmentations 0, packing 10, look-ahead 20, the rest 50."""
    capturable: ClassVar[bool] = False
    """True: no Python code in `turn`, `d` and `g` depends on the values of a tensor, so a move can be captured."""
    second_order: ClassVar[bool] = False
    """True: `d` differentiates D by its input. Such moves gain by compilation."""

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
    def boundary(self) -> float | None:
        """The score that is as much of a real as of a fake; None if only differences of scores have a meaning."""
        return None if self.relativistic else 0.0


class Regularizer(Term):
    """A penalty, an augmentation, a normalisation ... A recipe has any number of them."""
