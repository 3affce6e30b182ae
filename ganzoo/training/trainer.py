"""The moves of the two players. The trainer knows the interfaces, and no part by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ganzoo.interfaces.networks import Player
from ganzoo.interfaces.schedule import first
from ganzoo.interfaces.terms import Term
from ganzoo.interfaces.turn import Side
from ganzoo.recipes.settings import Settings
from ganzoo.support.seeds import seed_of
from ganzoo.training.batches import Asked, Batch, Batches
from ganzoo.training.build import Assembled
from ganzoo.training.convolution import twice_differentiable
from ganzoo.training.distributed import ALONE, World
from ganzoo.training.ema import EMA
from ganzoo.training.execution import Eager, Execution, Playing, Shard
from ganzoo.training.gradients import Gradients, due, gradients
from ganzoo.training.means import Means
from ganzoo.training.schedules import Schedules


def copy_gradients(player: Player, grads: Gradients) -> None:
    """Into the flat buffer, with the parameters' strides: fused Adam on the CPU ignores those of a gradient."""
    pairs = [(buffer, grad) for buffer, grad in zip(player.grads, grads, strict=True) if grad is not None]
    if len(pairs) < len(player.grads):
        player.flat.zero_()
    torch._foreach_copy_([buffer for buffer, _ in pairs], [grad for _, grad in pairs])


def _add(totals: list[Tensor], parts: list[Tensor], n: int) -> None:
    """totals += parts / n."""
    if totals:
        torch._foreach_add_(totals, torch._foreach_div(parts, n))


def _copy(to: list[Tensor], source: list[Tensor]) -> None:
    if to:
        torch._foreach_copy_(to, source)


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
        self.means = Means([f"{side}/{term.name}" for side in ("d", "g") for term in self.terms], game.d.flat)

    @property
    def images(self) -> int:
        """Real images shown to D so far."""
        return self.moves["d"] * self.settings.batch

    def round(self) -> None:
        """`d_steps` moves of D, each with fresh reals and fresh z, and one of G."""
        self.schedules.fill(self.moves["g"])
        d: Side = "d"
        self.play(*[d] * self.settings.d_steps, "g")
        for average in (self.ema, *self.averages.values()):
            average.update(self.images, self.settings.round)

    def play(self, *sides: Side) -> None:
        """Moves of these players, one after the other, executed as one piece of work."""
        moves, plan, shards = dict(self.moves), [], list[Shard]()
        for side in sides:
            plan.append((side, due(self.terms, side, moves[side])))
            shards += self.shards(side, moves[side])
            moves[side] += 1
        key = tuple((side, *(term.name for term in counted)) for side, counted in plan)
        added = self.execution.play(key, partial(self._play, plan), self.game.device, shards)
        self.moves = moves
        self.means.count(added)

    def shards(self, side: Side, move: int) -> list[Shard]:
        """This process's parts of a move. The draws of each are a function of (seed, side, move, index) alone."""
        n, size = self.settings.shards, self.settings.batch // self.settings.shards
        start = move * self.settings.batch
        return [
            Shard(seed_of(self.seed, side, move, index), self.batches.ask(side, start + index * size, size))
            for index in self.world.share(n)
        ]

    def _play(self, plan: Sequence[tuple[Side, Sequence[Term]]], shards: Iterator[Asked]) -> Playing[list[str]]:
        """All that a round computes on the device. It yields what a recording leaves out."""
        added: list[str] = []
        for side, counted in plan:
            player = self.players[side]
            if self.settings.shards == 1:
                grads, values = self.shard(side, counted, next(shards))
            else:
                grads, values = yield from self.mean_of_shards(side, counted, shards)
            copy_gradients(player, grads)
            if self.schedules.betas:  # a recorded step would keep those with which it was recorded
                yield player.optimizer.step
            else:
                player.optimizer.step()
            self.steps[side] += 1
            self.means.add(values)
            added += values
        return added

    def shard(self, side: Side, counted: Sequence[Term], asked: Asked) -> tuple[Gradients, dict[str, Tensor]]:
        """Gradients and values of one part of a move."""

        def move(step: Tensor, *batch: Any) -> tuple[Gradients, dict[str, Tensor]]:
            return gradients(self.game, self.terms, counted, side, step, Batch(*batch))

        def eased(step: Tensor, *batch: Any) -> tuple[Gradients, dict[str, Tensor]]:
            with twice_differentiable():
                return move(step, *batch)

        key, penalised = (side, *(term.name for term in counted)), any(term.second_order for term in counted)
        function = eased if side == "d" and penalised and self.eases else move
        batch = self.batches.gather(asked)
        result: tuple[Gradients, dict[str, Tensor]] = self.execution.gradients(key, function, self.steps[side], *batch)
        return result

    @property
    def eases(self) -> bool:
        """Whether penalties differentiate convolutions of ours: on CUDA faster than PyTorch's own, on a CPU slower."""
        return self.game.device.type == "cuda" and not self.execution.compiles

    def mean_of_shards(
        self, side: Side, counted: Sequence[Term], shards: Iterator[Asked]
    ) -> Playing[tuple[Gradients, dict[str, Tensor]]]:
        """Gradients, values and float state, averaged over shards that all start from the same state.

        Of whole numbers, such as a counter, it is the state after one of them. Where several processes train together,
        each makes some of the shards, and they share one sum.
        """
        state, n = self.state(), self.settings.shards
        averaged = [x for x in state if x.is_floating_point()]
        start, sums = [x.clone() for x in state], [torch.zeros_like(x) for x in averaged]
        totals = [torch.zeros_like(p) for p in self.players[side].params]
        values: dict[str, Tensor] = {}
        for _ in self.world.share(n):
            _copy(state, start)
            grads, of_shard = self.shard(side, counted, next(shards))
            pairs = [(total, grad) for total, grad in zip(totals, grads, strict=True) if grad is not None]
            _add([total for total, _ in pairs], [grad for _, grad in pairs], n)
            _add(sums, averaged, n)
            values = {name: values.get(name, 0) + value / n for name, value in of_shard.items()}
        if self.world.size > 1:
            yield partial(self.world.add, [*totals, *sums, *values.values()])
        _copy(averaged, sums)
        return totals, values

    def state(self) -> list[Tensor]:
        """What a move may change beside its player's parameters: the terms' state, the networks' buffers."""
        tensors = [x for term in self.terms for x in term.state.values()]
        modules = [module for player in self.players.values() for module in (player.net, player.companions)]
        return tensors + [x for module in modules for x in module.buffers()]

    def losses(self) -> dict[str, float]:
        """The mean of each term since the last call. It waits for the device, so call it seldom."""
        return self.means.take()

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
