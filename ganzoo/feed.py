"""The data set on the device."""

from __future__ import annotations

import torch
from torch import Tensor

from ganzoo.data import Dataset
from ganzoo.engine import Engine
from ganzoo.interfaces import Side
from ganzoo.seeds import seed_of


class Feed:
    """Reals in an order that is a function of (seed, side, epoch). Each side draws without replacement."""

    def __init__(self, data: Dataset, engine: Engine, seed: int) -> None:
        self.data, self.device, self.dtype, self.seed = data, engine.device, engine.dtype, seed
        self.x = engine.hold(data.train.x)
        self.y = None if data.train.y is None else engine.hold(data.train.y)
        self.orders: dict[tuple[Side, int], Tensor] = {}

    def __call__(self, side: Side, start: int, size: int) -> tuple[Tensor, Tensor | None]:
        """Reals `start` to `start + size` of this side's stream, in the network's units, and their labels."""
        index = self.indices(side, start, size)
        y = None if self.y is None else self.y[index].to(self.device)
        x = self.x[index].to(self.device, non_blocking=True)
        return self.data.encode(x).to(self.dtype), y

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
