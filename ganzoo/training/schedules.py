"""What changes over a run: learning rates, decay rates of Adam, the average's half-life, options of terms."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ganzoo.interfaces.networks import Player
from ganzoo.interfaces.schedule import Schedule, first, schedules_in, value_at
from ganzoo.interfaces.terms import Term
from ganzoo.interfaces.turn import Game, Side
from ganzoo.recipes.settings import Settings
from ganzoo.training.ema import EMA

Scheduled = tuple[Schedule, Tensor]
"""A schedule, and the 0-dim tensor that holds its value of this round."""


def hold(term: Term, schedules: Mapping[str, Any], like: Tensor) -> list[Scheduled]:
    """Let fields of a term be 0-dim tensors of the dtype and device of `like`, with the values of the first round.

    They stay the same tensors for the whole run: compiled and captured moves read them where they are.
    """
    held: list[Scheduled] = []

    def hold_one(value: Any) -> Any:
        if not isinstance(value, Schedule):
            return value
        held.append((value, like.new_full((), value.start)))
        return held[-1][1]

    for name, value in schedules.items():
        setattr(term, name, tuple(map(hold_one, value)) if isinstance(value, tuple) else hold_one(value))
    return held


class Schedules:
    """Fills in, before each round, all that changes over a run. A function of the moves made, so nothing is saved."""

    def __init__(self, settings: Settings, game: Game, options: Sequence[Scheduled], averages: Sequence[EMA]) -> None:
        self.settings, self.options, self.averages, self.progress = settings, options, averages, game.progress
        self.players: dict[Side, Player] = {"g": game.g, "d": game.d}
        self.rates = settings.decay != "none" or bool(schedules_in((settings.lr, settings.ttur)))
        self.betas = bool(schedules_in(settings.betas))
        """Whether Adam's decay rates change: a captured step would keep those with which it was captured."""

    def fill(self, rounds: int) -> None:
        """Fill in the values for the round that follows so many. It never waits for the device."""
        s, images = self.settings, rounds * self.settings.round
        if self.rates:
            for side, player in self.players.items():
                scale_rates(player.optimizer, self.factor(side, rounds))
        if self.betas:
            for group in (group for player in self.players.values() for group in player.optimizer.param_groups):
                group["betas"] = value_at(s.betas, images, s.total)
        if isinstance(s.ema, Schedule):
            for average in self.averages:
                average.half_life = s.ema.at(images, s.total)
        for schedule, x in self.options:
            x.fill_(schedule.at(images, s.total))
        if self.progress is not None:
            self.progress.fill_(min(rounds / s.rounds, 1.0))

    def factor(self, side: Side, rounds: int) -> float:
        """A player's learning rate as a multiple of its first one."""
        s, images = self.settings, rounds * self.settings.round
        factor = decay(s.decay, rounds / s.rounds)
        for value in (s.lr,) if side == "g" else (s.lr, s.ttur):
            factor *= value_at(value, images, s.total) / first(value)
        return factor


def scale_rates(optimizer: torch.optim.Optimizer, factor: float) -> None:
    """Set each group's rate to its first one times a factor; in place where a captured step reads it, from a tensor."""
    for group in optimizer.param_groups:
        if "initial_lr" not in group:  # read once: it may wait for the device
            group["initial_lr"] = float(group["lr"])
        rate = group["initial_lr"] * factor
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


def decay(kind: str, progress: float) -> float:
    """Factor of the learning rate after this share of the budget: from 1 to 0, or always 1 for "none"."""
    if kind == "none":
        return 1.0
    progress = min(progress, 1.0)
    return 1.0 - progress if kind == "linear" else 0.5 + 0.5 * math.cos(math.pi * progress)
