"""The moves of the two players. The trainer knows the interfaces, and no part by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from ganzoo.interfaces.networks import Player
from ganzoo.interfaces.schedule import first
from ganzoo.interfaces.terms import Loss, Term
from ganzoo.interfaces.turn import Game, Side, Turn
from ganzoo.recipes.settings import Settings
from ganzoo.support.errors import Incompatible
from ganzoo.support.seeds import seed_of
from ganzoo.training.batches import Batch, Batches
from ganzoo.training.build import Assembled
from ganzoo.training.distributed import ALONE, World
from ganzoo.training.ema import EMA
from ganzoo.training.engine import reseed
from ganzoo.training.execution import Eager, Execution
from ganzoo.training.schedules import Schedules

Gradients = Sequence[Tensor | None]


def due(terms: Sequence[Term], move: int) -> list[Term]:
    """The terms that count on this move: lazy ones on each N-th."""
    return [term for term in terms if move % term.every == 0]


def gradients(
    game: Game, terms: Sequence[Term], counted: Sequence[Term], side: Side, step: Tensor, batch: Batch
) -> tuple[Gradients, dict[str, Tensor]]:
    """One turn, and those beside it: d(what `side` minimises)/d(its parameters), each counted term's value, unscaled.

    Pure in tensors: no `.item()`, no branch on a tensor.
    """
    real = batch.x.detach().requires_grad_() if side == "d" else batch.x
    turn = Turn(game, side, step, real, batch.y, given=batch.given)
    for term in terms:
        term.turn(turn)
    for term in terms if turn.also else ():
        for other in turn.also:
            term.turn(other)
    values: dict[str, tuple[Term, Tensor]] = {}
    for term in counted:
        parts = [value for t in (turn, *turn.also) if (value := minimised(term, side, t)) is not None]
        if parts:
            values[term.name] = term, sum(parts[1:], start=parts[0])
    total = sum((value * (term.weight * term.every) for term, value in values.values()), start=real.new_zeros(()))
    params = getattr(game, side).params
    grads = torch.autograd.grad(total, params, allow_unused=True)
    if all(grad is None for grad in grads):
        raise Incompatible(
            f"{', '.join(values)}: nothing that {side.upper()} minimises depends on its weights, so it cannot learn; "
            f"use {'real_score or fake_score' if side == 'd' else 'fake or fake_score'} in {side}()"
        )
    return grads, {f"{side}/{name}": value.detach() for name, (_, value) in values.items()}


def minimised(term: Term, side: Side, turn: Turn) -> Tensor | None:
    """What a term adds to a player's loss: one number, or nothing. Raises `Incompatible` for anything else."""
    value = getattr(term, side)(turn)
    if value is None and turn.by is None and not may_be_silent(term, side):
        raise Incompatible(
            f"{term.name}: {side}() returns nothing: is `return` missing? Where it shall add nothing to what "
            f"{side.upper()} minimises, leave it out, or annotate it with `-> Tensor | None`"
        )
    if isinstance(term, Loss) and isinstance(value, Tensor) and not value.requires_grad:
        raise Incompatible(
            f"{term.name}: {side}() gives a number without a gradient, so that {side.upper()} cannot learn; leave out "
            "detach() and item(), and comparisons such as >"
        )
    if value is not None and (not isinstance(value, Tensor) or value.dim()):
        shape = f"a tensor of the shape {tuple(value.shape)}" if isinstance(value, Tensor) else repr(value)
        raise Incompatible(
            f"{term.name}: {side}() gives {shape}, but must give one number as a tensor; end with .mean()"
        )
    return value


def may_be_silent(term: Term, side: Side) -> bool:
    """Whether a term may add nothing: where it has no method of its own for this side, or one annotated with None."""
    method = getattr(type(term), side)
    return method is getattr(Term, side) or "None" in str(getattr(method, "__annotations__", {}).get("return", ""))


def apply(player: Player, grads: Gradients, step: Callable[[], object] | None = None) -> None:
    """Copy the gradients into the flat buffer, with the parameters' strides, and take one optimizer step.

    Fused Adam on the CPU ignores strides, and those of double-backward gradients differ: hence the copy.
    """
    pairs = [(buffer, grad) for buffer, grad in zip(player.grads, grads, strict=True) if grad is not None]
    if len(pairs) < len(player.grads):
        player.flat.zero_()
    torch._foreach_copy_([buffer for buffer, _ in pairs], [grad for _, grad in pairs])
    (step or player.optimizer.step)()


class Trainer:
    """The players' moves, in turn. Everything is a function of (recipe, seed, moves made). `prepare` makes one."""

    def __init__(
        self,
        assembled: Assembled,
        batches: Batches,
        settings: Settings,
        seed: int,
        execution: Execution | None = None,
        world: World = ALONE,
    ) -> None:
        self.assembled, self.game, self.terms = assembled, assembled.game, assembled.terms
        self.batches, self.settings, self.seed = batches, settings, seed
        self.execution, self.world = execution or Eager(), world
        game = self.game
        self.ema = EMA(game.g.net, first(settings.ema))
        self.averages = {name: EMA(module, first(settings.ema)) for name, module in assembled.averaged.items()}
        self.schedules = Schedules(settings, game, assembled.scheduled, [self.ema, *self.averages.values()])
        self.players: dict[Side, Player] = {"g": game.g, "d": game.d}
        self.moves: dict[Side, int] = {"g": 0, "d": 0}
        self.steps = {side: torch.zeros((), dtype=torch.int64, device=game.device) for side in self.players}
        self.sums: dict[str, Tensor] = {}
        self.counts: dict[str, int] = {}

    @property
    def images(self) -> int:
        """Real images shown to D so far."""
        return self.moves["d"] * self.settings.batch

    def round(self) -> None:
        """`d_steps` moves of D, each with fresh reals and fresh z, and one of G."""
        self.schedule()
        for _ in range(self.settings.d_steps):
            self.move("d")
        self.move("g")
        for average in (self.ema, *self.averages.values()):
            average.update(self.images, self.settings.round)

    def move(self, side: Side) -> None:
        """One player's move."""
        counted = due(self.terms, self.moves[side])
        grads, values = (self.shard if self.settings.shards == 1 else self.mean_of_shards)(side, counted)
        player = self.players[side]
        execution = Eager() if self.schedules.betas else self.execution
        apply(player, grads, lambda: execution.step(side, player.optimizer.step))
        self.moves[side] += 1
        self.steps[side] += 1
        for name, value in values.items():
            self.sums[name] = self.sums[name] + value if name in self.sums else value.clone()
            self.counts[name] = self.counts.get(name, 0) + 1

    def shard(self, side: Side, counted: Sequence[Term], index: int = 0) -> tuple[Gradients, dict[str, Tensor]]:
        """One part of a move: its draws are a function of (seed, side, move, index) alone."""
        reseed(self.game.device, seed_of(self.seed, side, self.moves[side], index))
        size = self.settings.batch // self.settings.shards
        batch = self.batches(side, self.moves[side] * self.settings.batch + index * size, size)

        def move(step: Tensor, *batch: Any) -> tuple[Gradients, dict[str, Tensor]]:
            return gradients(self.game, self.terms, counted, side, step, Batch(*batch))

        key = (side, *(term.name for term in counted))
        result: tuple[Gradients, dict[str, Tensor]] = self.execution.gradients(key, move, self.steps[side], *batch)
        return result

    def mean_of_shards(self, side: Side, counted: Sequence[Term]) -> tuple[Gradients, dict[str, Tensor]]:
        """Gradients, values and float state, averaged over shards that all start from the same state.

        Where several processes train together, each makes some of the shards, and they share one sum.
        """
        state, n = self.float_state(), self.settings.shards
        start, sums = [x.clone() for x in state], [torch.zeros_like(x) for x in state]
        grads: list[Tensor] = [torch.zeros_like(p) for p in self.players[side].params]
        values: dict[str, Tensor] = {}
        for index in self.world.share(n):
            for x, before in zip(state, start, strict=True):
                x.copy_(before)
            of_shard, shard_values = self.shard(side, counted, index)
            for total, grad in zip(grads, of_shard, strict=True):
                total += 0 if grad is None else grad / n
            for total, x in zip(sums, state, strict=True):
                total += x / n
            values = {name: values.get(name, 0) + value / n for name, value in shard_values.items()}
        self.world.add([*grads, *sums, *values.values()])
        for x, mean in zip(state, sums, strict=True):
            x.copy_(mean)
        return grads, values

    def float_state(self) -> list[Tensor]:
        """What a move may change beside its player's parameters: the terms' state, the networks' buffers."""
        tensors = [x for term in self.terms for x in term.state.values()]
        modules = [module for player in self.players.values() for module in (player.net, player.companions)]
        tensors += [x for module in modules for x in module.buffers()]
        return [x for x in tensors if x.is_floating_point()]

    def schedule(self) -> None:
        """Fill in what changes over the run, for the coming round."""
        self.schedules.fill(self.moves["g"])

    def losses(self) -> dict[str, float]:
        """The mean of each term since the last call. It waits for the device, so call it seldom."""
        means = {name: (total / self.counts[name]).item() for name, total in self.sums.items()}
        self.sums, self.counts = {}, {}
        return means

    def finite(self) -> bool:
        """Whether every weight is finite."""
        return all(bool(p.isfinite().all()) for player in self.players.values() for p in player.params)

    def state_dict(self) -> dict[str, Any]:
        """All that an exact resume needs beside the networks; readable with `weights_only=True`."""
        return {
            "moves": dict(self.moves),
            "optimizers": {side: player.optimizer.state_dict() for side, player in self.players.items()},
            "terms": {term.name: term.state for term in self.terms},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The networks are loaded by the caller."""
        self.moves = dict(state["moves"])
        for side, player in self.players.items():
            current = player.optimizer.state_dict()  # its groups say how this engine steps, not what was learned
            player.optimizer.load_state_dict({**current, "state": state["optimizers"][side]["state"]})
            self.steps[side].fill_(self.moves[side])
        for term in self.terms:
            for name, value in state["terms"][term.name].items():
                term.state[name].copy_(value)
