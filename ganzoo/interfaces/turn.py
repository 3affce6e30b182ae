"""One player's move, as losses and regularizers see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor

from ganzoo.interfaces.lazy import Lazy
from ganzoo.interfaces.networks import Player
from ganzoo.support.errors import Incompatible

if TYPE_CHECKING:
    from ganzoo.interfaces.terms import Loss, Term

Side = Literal["d", "g"]


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
    """What D sees of a sample: augmentations, packing."""
    given: Tensor | None = None
    """(N, *source), in the network's units: what G is conditioned on, where the data has it. Of paired data, what
    belongs to `real`."""
    by: Term | None = None
    """The term that began this turn by `beside`; None for the player's own, the only one in most recipes."""
    also: list[Turn] = field(default_factory=list)
    """The turns that terms put beside this one."""

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

    @Lazy
    def progress(self) -> Tensor:
        """0-dim, on the device: the share of the budget that was spent before this round. Raises `Incompatible`."""
        if self.game.progress is None:
            raise Incompatible(
                "t.progress is the share of the budget, on which these numbers then depend; say so with "
                "`uses_progress = True` in the class of the term, so that the budget is part of the recipe's id"
            )
        return self.game.progress

    def generate(self, z: Tensor, y: Tensor | None = None, given: Tensor | None = None) -> Tensor:
        """G's samples, in float32 at least; in D's move without a graph back to G.

        A G that takes what is given gets `given`, or the turn's own.
        """
        more = (self.given if given is None else given,) if "g" in self.game.takes else ()
        with torch.set_grad_enabled(self.player == "g"), self.game.autocast():
            return _full(self.G(z, y, *more))

    def judge(self, x: Tensor, y: Tensor | None = None, given: Tensor | None = None) -> dict[str, Tensor]:
        """D's outputs on `view(x)`, in float32 at least; with `given`, or the turn's own, for a D that takes it."""
        if "d" in self.game.takes:
            seen, *more = self._view_pair(x, self.given if given is None else given)
        else:
            seen, more = self.view(x), []
        with self.game.autocast():
            out = self.D(seen, y, *more)
        return {name: _full(value) for name, value in out.items()}

    def slope(self, out: Mapping[str, Tensor], x: Tensor) -> Tensor:
        """(N,) the norm of d score / d x of each sample, or of each group judged together. Twice differentiable."""
        score = out["score"]
        (gradient,) = torch.autograd.grad(score.sum(), x, create_graph=True)
        norms: Tensor = torch.linalg.vector_norm(gradient.reshape(len(score), -1), dim=1)
        return norms

    # ---- for terms that begin a second game, and for what is given; an author of a loss can stop reading here

    def _view_pair(self, x: Tensor, given: Tensor | None) -> tuple[Tensor, Tensor]:
        """What D sees of a sample and of what is given. Images of one size are augmented and packed as one image."""
        assert given is not None
        if x.shape[2:] != given.shape[2:]:
            return self.view(x), given
        both, channels = self.view(torch.cat([x, given.to(x)], 1)), x.shape[1] + given.shape[1]
        pairs = both.reshape(len(both), -1, channels, *both.shape[2:])  # several in each pack
        return pairs[:, :, : x.shape[1]].flatten(1, 2), pairs[:, :, x.shape[1] :].flatten(1, 2)

    def beside(self, by: Term, **changes: Any) -> Turn:
        """One more game in the same move, by the same rules: every term counts in it too. For the `turn` of a term.

        The new turn has this one's real, y, given and z, unless they are among the changes. Changes may also be `G` and
        `D`, other networks, and attributes of your own. Raises `Incompatible` where this turn is beside another.
        """
        if self.by is not None:
            raise Incompatible(f"{by.name}: beside() is for the player's own turn; call it only where t.by is None")
        quantities = {"real": self.real, "given": self.given, "y": self.y, "z": self.z, **changes}
        real, given = quantities.pop("real").detach(), quantities.pop("given")
        other = Turn(self.game, self.player, self.step, real.requires_grad_() if self.player == "d" else real, by=by)
        vars(other).update(quantities, given=None if given is None else given.detach())
        self.also.append(other)
        return other


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
    takes: frozenset[Side] = frozenset()
    """The players whose networks take what is given."""
    progress: Tensor | None = None
    """0-dim, set once a round: the share of the budget that is spent. None unless a term `uses_progress`."""


def _full(x: Tensor) -> Tensor:
    return x.float() if x.dtype in (torch.bfloat16, torch.float16) else x
