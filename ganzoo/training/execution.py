"""How a round is executed: operation by operation, or recorded once and replayed from then on.

The trainer writes down its moves as a generator, which yields what cannot be recorded, such as a sum over processes. So
the same lines are executed in all ways. `key` distinguishes rounds that do different work: the players, and the terms
that are counted this time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

import torch
from torch import Tensor

from ganzoo.training.batches import Asked
from ganzoo.training.engine import reseed

Outside = Callable[[], object]
"""What is executed between two recorded pieces."""
T = TypeVar("T")
Playing = Generator[Outside, None, T]
"""Moves while they are played; what they return in the end is a T."""
Moves = Callable[[Iterator[Asked]], Playing[Any]]
"""Plays the moves of a round. It takes what a shard asks for where that shard begins."""


class Shard(NamedTuple):
    """One part of a move: where its random numbers start, and what `Batches.ask` gives for it."""

    seed: int
    asked: Asked


class Execution(Protocol):
    """How a round is executed."""

    @property
    def compiles(self) -> bool:
        """Whether gradients are computed by compiled code."""
        ...

    def play(self, key: Hashable, moves: Moves, device: torch.device, shards: Sequence[Shard]) -> Any:
        """Play moves(what the shards ask for), and return what it returns."""
        ...

    def gradients(self, key: Hashable, function: Callable[..., Any], *inputs: Tensor | None) -> Any:
        """function(*inputs), the gradients of one shard. `moves` calls it."""
        ...


class Eager:
    """Each operation when Python reaches it."""

    compiles = False

    def play(self, key: Hashable, moves: Moves, device: torch.device, shards: Sequence[Shard]) -> Any:
        """Play all moves."""
        playing = moves(seeded(device, shards))
        while True:
            try:
                outside = next(playing)
            except StopIteration as end:
                return end.value
            outside()

    def gradients(self, key: Hashable, function: Callable[..., Any], *inputs: Tensor | None) -> Any:
        """function(*inputs)."""
        return function(*inputs)


def seeded(device: torch.device, shards: Sequence[Shard]) -> Iterator[Asked]:
    """What each shard asked for; its random numbers start when it is taken."""
    for seed, asked in shards:
        reseed(device, seed)
        yield asked
