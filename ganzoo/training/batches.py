"""The stream of training batches, from a data set that lies on the device or in main memory."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import torch
from torch import Tensor

from ganzoo.interfaces.datasets import Dataset
from ganzoo.interfaces.turn import Side
from ganzoo.support.seeds import seed_of
from ganzoo.training.engine import Engine


class Batch(NamedTuple):
    """Real samples, their labels, and what is given with them, where the data has these."""

    x: Tensor
    y: Tensor | None = None
    given: Tensor | None = None

    def map(self, function: Callable[[Tensor], Tensor]) -> Batch:
        """The function of each tensor that there is."""
        return Batch(*(None if tensor is None else function(tensor) for tensor in self))  # type: ignore[arg-type]


class Asked(NamedTuple):
    """Which samples make a batch: their rows, or the samples themselves in the data's units."""

    rows: Tensor | None = None
    given_rows: Tensor | None = None
    """Of what is given, where it has an order of its own."""
    x: Tensor | None = None
    y: Tensor | None = None
    given: Tensor | None = None

    @property
    def samples(self) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        """x, y and what is given."""
        return self.x, self.y, self.given

    def map(self, function: Callable[[Tensor], Tensor]) -> Asked:
        """The function of each tensor that there is."""
        return Asked(*(None if tensor is None else function(tensor) for tensor in self))


class Batches:
    """Real samples in an order that is a function of (seed, side, epoch). Each side draws without replacement.

    What is given and not paired has an order of its own. Where the data has `choose`, it says which rows make a batch.
    """

    def __init__(self, data: Dataset, engine: Engine, seed: int) -> None:
        self.data, self.device, self.dtype, self.seed = data, engine.device, engine.dtype, seed
        train, self.x = data.train, engine.hold(data.train.x)
        self.y = None if train.y is None else train.y.to(self.x.device)
        self.given, self.paired = None if train.given is None else train.given.to(self.x.device), train.paired
        self.pinned = engine.device.startswith("cuda") and self.x.device.type == "cpu"
        self.load: Callable[[Side, int, int], Asked] = Prefetcher(self.load_samples) if self.pinned else self.choose
        self.orders: dict[tuple[Side, str, int], Tensor] = {}

    def __call__(self, side: Side, start: int, size: int) -> Batch:
        """Samples `start` to `start + size` of this side's stream, in the network's units, and what belongs to them."""
        return self.gather(self.ask(side, start, size))

    def ask(self, side: Side, start: int, size: int) -> Asked:
        """What `gather` needs to know of these samples, on the device: their rows, or if it has not the data, all."""
        return self.load(side, start, size).map(lambda tensor: tensor.to(self.device, non_blocking=True))

    def gather(self, asked: Asked) -> Batch:
        """What was asked for, in the network's units. A recorded round does it on the device."""
        x, y, given = asked.samples if asked.rows is None else self.look_up(asked)
        given = None if given is None else self.data.encode_given(given).to(self.dtype)
        assert x is not None
        return Batch(self.data.encode(x).to(self.dtype), y, given)

    def look_up(self, asked: Asked) -> Batch:
        """The samples of some rows, in the data's units, where the data lies."""
        assert asked.rows is not None
        given = asked.given
        if given is None and self.given is not None:
            given = self.given[asked.rows if asked.given_rows is None else asked.given_rows]
        return Batch(self.x[asked.rows], None if self.y is None else self.y[asked.rows], given)

    def load_samples(self, side: Side, start: int, size: int) -> Asked:
        """The samples themselves, in pinned memory if they are then copied to a GPU."""
        asked = Asked(None, None, *self.look_up(self.choose(side, start, size)))
        return asked.map(Tensor.pin_memory) if self.pinned else asked

    def choose(self, side: Side, start: int, size: int) -> Asked:
        """Rows of the train split; and what is given with them, where the data makes it for the batch."""
        if self.data.choose is not None:
            random = torch.Generator().manual_seed(seed_of(self.seed, "choose", side, start))
            rows, given = self.data.choose(size, random)
            return Asked(rows, given=given).map(lambda tensor: tensor.to(self.x.device))
        apart = self.given is not None and not self.paired
        given_rows = self.indices(side, start, size, "given") if apart else None
        return Asked(self.indices(side, start, size), given_rows)

    def indices(self, side: Side, start: int, size: int, what: str = "x") -> Tensor:
        """Rows of `what` of the train split, "x" or "given", across epochs."""
        parts = []
        while size > 0:
            epoch, offset = divmod(start, self._rows(what))
            parts.append(self.order(side, epoch, what)[offset : offset + size])
            start, size = start + len(parts[-1]), size - len(parts[-1])
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def order(self, side: Side, epoch: int, what: str = "x") -> Tensor:
        """The epoch's permutation."""
        if (side, what, epoch) not in self.orders:
            self.orders = {key: order for key, order in self.orders.items() if key != (side, what, epoch - 2)}
            also = [] if what == "x" else [what]
            generator = torch.Generator().manual_seed(seed_of(self.seed, "order", side, epoch, *also))
            self.orders[side, what, epoch] = torch.randperm(self._rows(what), generator=generator).to(self.x.device)
        return self.orders[side, what, epoch]

    def _rows(self, what: str) -> int:
        tensor = self.x if what == "x" else self.given
        assert tensor is not None
        return len(tensor)


class Prefetcher:
    """Loads the batch that a side will ask for next in a thread of its own, while the device computes."""

    def __init__(self, load: Callable[[Side, int, int], Asked]) -> None:
        self.load, self.thread = load, ThreadPoolExecutor(1, "ganzoo-batches")
        self.pending: dict[Side, tuple[int, int, Future[Asked]]] = {}
        self.last: dict[Side, int] = {}

    def __call__(self, side: Side, start: int, size: int) -> Asked:
        """What `load` gives. The next batch is expected as far away as this is from the last: a shard, or a move."""
        *expected, future = self.pending.get(side, (None, None, None))
        if future is None or expected != [start, size]:
            future = self.thread.submit(self.load, side, start, size)
        batch = future.result()
        following = 2 * start - self.last.get(side, start - size)
        self.last[side] = start
        self.pending[side] = (following, size, self.thread.submit(self.load, side, following, size))
        return batch
