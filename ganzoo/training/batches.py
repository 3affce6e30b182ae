"""The stream of training batches, from a data set that lies on the device or in main memory."""

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


class Batches:
    """Real samples in an order that is a function of (seed, side, epoch). Each side draws without replacement."""

    def __init__(self, data: Dataset, engine: Engine, seed: int) -> None:
        self.data, self.device, self.dtype, self.seed = data, engine.device, engine.dtype, seed
        self.x = engine.hold(data.train.x)
        self.y = None if data.train.y is None else data.train.y.to(self.x.device)
        self.pinned = engine.device.startswith("cuda") and self.x.device.type == "cpu"
        self.load: Callable[[Side, int, int], Batch] = Prefetcher(self.gather) if self.pinned else self.gather
        self.orders: dict[tuple[Side, int], Tensor] = {}

    def __call__(self, side: Side, start: int, size: int) -> Batch:
        """Samples `start` to `start + size` of this side's stream, in the network's units, and their labels."""
        x, y = self.load(side, start, size)
        x, y = x.to(self.device, non_blocking=True), None if y is None else y.to(self.device, non_blocking=True)
        return self.data.encode(x).to(self.dtype), y

    def gather(self, side: Side, start: int, size: int) -> Batch:
        """The same in the data's units, where the data lies; in pinned memory if it is then copied to a GPU."""
        index = self.indices(side, start, size)
        x, y = self.x[index], None if self.y is None else self.y[index]
        return (x.pin_memory(), None if y is None else y.pin_memory()) if self.pinned else (x, y)

    def indices(self, side: Side, start: int, size: int) -> Tensor:
        """Rows of the train split, across epochs."""
        parts = []
        while size > 0:
            epoch, offset = divmod(start, len(self.x))
            parts.append(self.order(side, epoch)[offset : offset + size])
            start, size = start + len(parts[-1]), size - len(parts[-1])
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def order(self, side: Side, epoch: int) -> Tensor:
        """The epoch's permutation."""
        if (side, epoch) not in self.orders:
            self.orders = {key: order for key, order in self.orders.items() if key != (side, epoch - 2)}
            generator = torch.Generator().manual_seed(seed_of(self.seed, "order", side, epoch))
            self.orders[side, epoch] = torch.randperm(len(self.x), generator=generator).to(self.x.device)
        return self.orders[side, epoch]


class Prefetcher:
    """Loads the batch that a side will ask for next in a thread of its own, while the device computes."""

    def __init__(self, load: Callable[[Side, int, int], Batch]) -> None:
        self.load, self.thread = load, ThreadPoolExecutor(1, "ganzoo-batches")
        self.pending: dict[Side, tuple[int, int, Future[Batch]]] = {}
        self.last: dict[Side, int] = {}

    def __call__(self, side: Side, start: int, size: int) -> Batch:
        """What `load` gives. The next batch is expected as far away as this is from the last: a shard, or a move."""
        *expected, future = self.pending.get(side, (None, None, None))
        if future is None or expected != [start, size]:
            future = self.thread.submit(self.load, side, start, size)
        batch = future.result()
        following = 2 * start - self.last.get(side, start - size)
        self.last[side] = start
        self.pending[side] = (following, size, self.thread.submit(self.load, side, following, size))
        return batch
