"""The game: everything that the author of a loss, a regularizer or an architecture must read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Protocol, TypeVar, overload

import torch
from torch import Tensor, nn

from ganzoo.settings import Count, NonNegative

T = TypeVar("T")
Side = Literal["d", "g"]


class Incompatible(Exception):
    """What was asked for cannot go together. The message says why, and what to do instead."""

    exit_code: ClassVar[int] = 2


# ---------------------------------------------------------------- networks


@dataclass
class NetSpec:
    """What the builder of one network is told. Terms may edit it in `prepare`, before the network exists."""

    shape: tuple[int, ...]
    """Of one sample: (C, H, W) for images, (2,) for points, (T, C) for sequences."""
    latent: int = 64
    """Width of z."""
    labels: int = 0
    """Classes that the data has. Builds nothing."""
    classes: int = 0
    """> 0: this network takes y, of so many classes."""
    heads: dict[str, int] = field(default_factory=dict)
    """Outputs of D beside the score: name -> width."""
    tail: list[Callable[[], nn.Module]] = field(default_factory=list)
    """Layers that D puts just before its heads."""
    batch_norm: bool = True
    """False: no normalisation over the batch, because a term looks at each sample alone."""
    group: int = 1
    """Samples that D judges together; the batch is a multiple of it."""
    needs: set[str] = field(default_factory=set)
    """What an unusual loss asks of a network; a builder refuses a need that it does not know."""
    chosen: dict[str, str] = field(default_factory=dict)
    """Written by the builder: what it chose where an option left it open. Printed and recorded."""


class Architecture(Protocol):
    """A dataclass whose fields are its options."""

    def generator(self, spec: NetSpec) -> nn.Module:
        """A module (z of (N, latent), y=None) -> (N, *shape): images in [-1, 1], points unbounded."""
        ...

    def discriminator(self, spec: NetSpec) -> nn.Module:
        """A module (x, y=None) -> {"score": (N,), "features": (N, F), and each head: (N, width)}."""
        ...


# ---------------------------------------------------------------- the game


@dataclass
class Player:
    """One network and how it moves."""

    net: nn.Module
    optimizer: torch.optim.Optimizer
    params: list[nn.Parameter]
    grads: list[Tensor]
    """One a parameter, with its strides: views of `flat`, and the parameters' `.grad`."""
    flat: Tensor
    """Every gradient of this network in one buffer."""


@dataclass
class Game:
    """Two players, and what they play with."""

    g: Player
    d: Player
    latent: Callable[[int], Tensor]
    """n -> z of (n, latent)."""
    device: torch.device
    loss: Loss
    classes: int = 0
    """> 0: G takes labels, which fakes draw uniformly from so many classes."""
    autocast: Callable[[], AbstractContextManager[Any]] = nullcontext
    """Wraps calls of G and D, and nothing else."""


class _Lazy(Generic[T]):
    """A quantity computed on first use and kept. Assigning to it replaces it.

    Not `functools.cached_property`: that holds a lock on Python 3.11, which dynamo refuses to trace.
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self.compute, self.name, self.__doc__ = compute, compute.__name__, compute.__doc__

    @overload
    def __get__(self, turn: None, owner: type) -> _Lazy[T]: ...
    @overload
    def __get__(self, turn: object, owner: type) -> T: ...
    def __get__(self, turn: object | None, owner: type) -> _Lazy[T] | T:
        if turn is None:
            return self
        value: T = self.compute(turn)
        turn.__dict__[self.name] = value
        return value

    if TYPE_CHECKING:  # at run time there must be none: only then does what is kept in `__dict__` come first

        def __set__(self, turn: object, value: T) -> None: ...


def _identity(x: Tensor) -> Tensor:
    return x


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
    """What D gets to see of a sample: augmentations, packing."""

    @_Lazy
    def G(self) -> Callable[..., Tensor]:
        """The generator."""
        return self.game.g.net

    @_Lazy
    def D(self) -> Callable[..., dict[str, Tensor]]:
        """The discriminator."""
        return self.game.d.net

    @_Lazy
    def z(self) -> Tensor:
        """(N, latent), fresh for this move."""
        return self.game.latent(len(self.real))

    @_Lazy
    def fake_y(self) -> Tensor | None:
        """(N,) labels that the fakes are asked for; None unless G takes labels."""
        n = self.game.classes
        return torch.randint(n, (len(self.real),), device=self.real.device) if n else None

    @_Lazy
    def fake(self) -> Tensor:
        """(N, *shape) from G; in D's move without a graph back to G."""
        with torch.set_grad_enabled(self.player == "g"), self.game.autocast():
            x = _full(self.G(self.z, self.fake_y))
        return x.requires_grad_() if self.player == "d" else x

    @_Lazy
    def real_out(self) -> dict[str, Tensor]:
        """D's outputs on the reals."""
        return self.judge(self.real, self.y)

    @_Lazy
    def fake_out(self) -> dict[str, Tensor]:
        """D's outputs on the fakes."""
        return self.judge(self.fake, self.fake_y)

    @_Lazy
    def real_score(self) -> Tensor:
        """(N,) D's score of the reals. Touching it in G's move is what makes a loss relativistic."""
        return self.real_out["score"]

    @_Lazy
    def fake_score(self) -> Tensor:
        """(N,) D's score of the fakes."""
        return self.fake_out["score"]

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
    """A part of what the players minimise, or of how they move. Fields are options; every method is optional."""

    weight: NonNegative = 1.0
    """Factor of what this term adds to a player's loss."""
    every: Count = 1
    """Lazy: counted on each N-th move only, and N times as much. The log shows it unscaled."""
    name: str = field(default="", init=False, repr=False)
    """Set when the recipe is built; heads its columns in the log."""
    state: dict[str, Tensor] = field(default_factory=dict, init=False, repr=False)
    """Made in `attach` on `game.device`, changed in place, saved with the run."""
    order: ClassVar[int] = 50
    """The order in which `turn` runs: augmentations 0, packing 10, look-ahead 20, the rest 50."""

    def prepare(self, g: NetSpec, d: NetSpec) -> None:
        """Before the networks exist: edit what their builders are told, or raise `Incompatible`."""

    def attach(self, game: Game) -> None:
        """Once they exist: parametrize modules, hook optimizers, make state."""

    def turn(self, t: Turn) -> None:
        """Before each move: replace what the turn would compute."""

    def d(self, t: Turn) -> Tensor | None:
        """What D also minimises: a scalar."""

    def g(self, t: Turn) -> Tensor | None:
        """What G also minimises: a scalar."""


class Loss(Term):
    """What the game is about. One a recipe; it gives both `d` and `g`."""


class Regularizer(Term):
    """What keeps the game steady. Any number a recipe."""
