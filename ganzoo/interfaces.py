"""The game: everything that the author of a loss, a regularizer or an architecture must read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol

import torch
from torch import Tensor, nn

from ganzoo.lazy import Lazy
from ganzoo.settings import Count, NonNegative

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
    label: str = "concat"
    """How y enters: "concat", behind the input; "norm", gain and bias of G's norms; "projection", in D's score."""
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
    companions: dict[str, Callable[[], nn.Module]] = field(default_factory=dict)
    """Modules that train beside this network: name -> builder. They are not averaged, and normalise no batch."""
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
    """One network, what trains beside it, and how they move."""

    net: nn.Module
    optimizer: torch.optim.Optimizer
    params: list[nn.Parameter]
    grads: list[Tensor]
    """One a parameter, with its strides: views of `flat`, and the parameters' `.grad`."""
    flat: Tensor
    """Every gradient of this player in one buffer."""
    companions: nn.ModuleDict = field(default_factory=nn.ModuleDict)
    """What trains beside the network, by name. Their parameters come after its own."""


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
    """> 0: G takes labels, of so many classes."""
    autocast: Callable[[], AbstractContextManager[Any]] = nullcontext
    """Wraps calls of G and D, and nothing else."""
    batch: int = 1
    """Real images in one move, over all of its shards."""


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
    """What D gets to see of a sample: augmentations, packing."""

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
        """(N,) labels that the fakes are asked for: those of the reals, which come as often as in the data."""
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
    capturable: ClassVar[bool] = False
    """True: nothing in `turn`, `d` and `g` asks Python what is in a tensor, so that a step can be captured. Checked."""
    second_order: ClassVar[bool] = False
    """True: `d` differentiates D by its input, which is where a compiled move gains."""

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

    relativistic: ClassVar[bool] = False
    """Whether it compares reals with fakes, so that only differences of scores mean anything."""


class Regularizer(Term):
    """What keeps the game steady. Any number a recipe."""
