"""The processes of a run while the first of them evaluates: the others look at the samples that it hands out."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import distributed as dist

from ganzoo.metrics.streams import ALONE, CREW
from ganzoo.world import World

Function = Callable[[Any], Any]


@contextmanager
def at_work(world: World) -> Iterator[bool]:
    """Whether this process leads. It does all, with the others' hands; theirs are free again when it has left."""
    if world.size == 1:
        yield True
    elif world.first:
        crew = Crew(world)
        before = CREW.set(crew)
        yield True  # not in a try: after an error this process ends, and torchrun ends the others
        CREW.reset(before)
        crew.dismiss()
    else:
        Crew(world).serve()
        yield False


class Crew:
    """`map` in the first process, `serve` in the others, which know what they have once been sent."""

    def __init__(self, world: World) -> None:
        self.size, self.device = world.size, world.device
        self.known: list[Function] = []

    def map(self, function: Function, parts: Sequence[Any]) -> list[Any]:
        """[function(part) for part in parts], of at most `size` parts, each in a process of its own."""
        raw = None
        if not any(function is old for old in self.known):
            raw = _packed(function)
            self.known.append(function)
        index = next(i for i, old in enumerate(self.known) if old is function)
        padded = [*parts, *[None] * (self.size - len(parts))]
        self._scatter([(index, raw, part) for part in padded])
        before = CREW.set(ALONE)
        mine = function(parts[0])
        CREW.reset(before)
        found: list[Any] = [None] * self.size
        dist.gather_object(mine, found)
        return found[: len(parts)]

    def dismiss(self) -> None:
        """The others may go."""
        self._scatter([None] * self.size)

    def serve(self) -> None:
        """Do what the first process hands out, until it dismisses this one."""
        while (task := self._scatter()) is not None:
            index, raw, part = task
            if raw is not None:
                self.known.append(_unpacked(raw, self.device))
            dist.gather_object(None if part is None else self.known[index](part))

    def _scatter(self, tasks: list[Any] | None = None) -> Any:
        """What the first process has for this one."""
        mine: list[Any] = [None]
        dist.scatter_object_list(mine, tasks)
        return mine[0]


def _packed(function: Function) -> bytes:
    torch.save(function, buffer := io.BytesIO())
    return buffer.getvalue()


def _unpacked(raw: bytes, device: str) -> Function:
    """What lay on a GPU lies on this process's own; what lay on the CPU stays there, as judges must.

    It comes from the first process of this very run: from no stranger.
    """

    def place(storage: Any, where: str) -> Any:
        return storage.cuda(device) if where.startswith("cuda") else storage

    function: Function = torch.load(io.BytesIO(raw), map_location=place, weights_only=False)
    return function
