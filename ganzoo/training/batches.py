"""The data set on the device, or beside it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import torch
from torch import Tensor

from ganzoo.interfaces.datasets import Dataset
from ganzoo.interfaces.terms import Side
from ganzoo.support.seeds import seed_of
from ganzoo.training.engine import Engine

Batch = tuple[Tensor, Tensor | None]


class Feed:
    """Reals in an order that is a function of (seed, side, epoch). Each side draws without replacement."""

    def __init__(self, data: Dataset, engine: Engine, seed: int) -> None:
        self.data, self.device, self.dtype, self.seed = data, engine.device, engine.dtype, seed
        self.x = engine.hold(data.train.x)
        self.y = None if data.train.y is None else data.train.y.to(self.x.device)
        self.pinned = engine.device.startswith("cuda") and self.x.device.type == "cpu"
        self.take: Callable[[Side, int, int], Batch] = Ahead(self.gather) if self.pinned else self.gather
        self.orders: dict[tuple[Side, int], Tensor] = {}

    def __call__(self, side: Side, start: int, size: int) -> Batch:
        """Reals `start` to `start + size` of this side's stream, in the network's units, and their labels."""
        x, y = self.take(side, start, size)
        x, y = x.to(self.device, non_blocking=True), None if y is None else y.to(self.device, non_blocking=True)
        return self.data.encode(x).to(self.dtype), y

    def gather(self, side: Side, start: int, size: int) -> Batch:
        """The same from where the set lies; in pinned memory where it goes on to a GPU."""
        index = self.indices(side, start, size)
        x, y = self.x[index], None if self.y is None else self.y[index]
        return (x.pin_memory(), None if y is None else y.pin_memory()) if self.pinned else (x, y)

    def indices(self, side: Side, start: int, size: int) -> Tensor:
        """Into the train split, across epochs."""
        epoch, offset = divmod(start, len(self.x))
        head = self.order(side, epoch)[offset : offset + size]
        return head if len(head) == size else torch.cat([head, self.indices(side, start + len(head), size - len(head))])

    def order(self, side: Side, epoch: int) -> Tensor:
        """The epoch's permutation."""
        if (side, epoch) not in self.orders:
            self.orders = {key: order for key, order in self.orders.items() if key != (side, epoch - 2)}
            generator = torch.Generator().manual_seed(seed_of(self.seed, "order", side, epoch))
            self.orders[side, epoch] = torch.randperm(len(self.x), generator=generator).to(self.x.device)
        return self.orders[side, epoch]


class Ahead:
    """Takes what a side will ask for next in a thread of its own, while the device computes."""

    def __init__(self, take: Callable[[Side, int, int], Batch]) -> None:
        self.take, self.thread = take, ThreadPoolExecutor(1, "ganzoo-feed")
        self.coming: dict[Side, tuple[int, int, Future[Batch]]] = {}
        self.last: dict[Side, int] = {}

    def __call__(self, side: Side, start: int, size: int) -> Batch:
        """What `take` gives. The next is as far away as this was from the last: a shard, or a whole move."""
        *asked, coming = self.coming.get(side, (None, None, None))
        if coming is None or asked != [start, size]:
            coming = self.thread.submit(self.take, side, start, size)
        found = coming.result()
        after = 2 * start - self.last.get(side, start - size)
        self.last[side] = start
        self.coming[side] = (after, size, self.thread.submit(self.take, side, after, size))
        return found
