"""The processes that train one run together, and how they communicate.

`torchrun --nproc-per-node=N -m ganzoo run ...` starts them. There is no wrapper around a network: the processes divide
the shards of each move among them, and sum one buffer.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import Tensor, distributed as dist

from ganzoo.support.errors import WorldError

TIMEOUT = timedelta(hours=2)  # the others wait as long for the process that evaluates


@dataclass(frozen=True)
class World:
    """The place of this process among those of a run."""

    rank: int = 0
    size: int = 1
    device: str = "cpu"
    """Where tensors lie that the processes exchange."""

    @property
    def first(self) -> bool:
        """Whether it is the one that evaluates, writes and prints."""
        return self.rank == 0

    def share(self, shards: int) -> range:
        """The shards of a move that this process computes."""
        return range(self.rank * shards // self.size, (self.rank + 1) * shards // self.size)

    def add(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by its sum over all processes, in one message."""
        if self.size == 1:
            return
        flat = torch.cat([x.reshape(-1) for x in tensors])
        dist.all_reduce(flat)
        for x, part in zip(tensors, torch.split(flat, [x.numel() for x in tensors]), strict=True):
            x.copy_(part.view_as(x))

    def largest(self, number: int) -> int:
        """The maximum over all processes."""
        if self.size == 1:
            return number
        maximum = torch.tensor(number, device=self.device)
        dist.all_reduce(maximum, dist.ReduceOp.MAX)
        return int(maximum)

    def same(self, number: int) -> bool:
        """Whether all processes give the same number."""
        return self.largest(number) == -self.largest(-number)

    def wait(self) -> None:
        """Wait for all processes."""
        self.largest(0)


ALONE = World()


def rank() -> int:
    """The rank of this process, as `torchrun` states it."""
    return int(os.environ.get("RANK", "0"))


def local_rank() -> int:
    """The rank of this process among those of its machine."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def _check(size: int, shards: int) -> None:
    if shards % size:
        raise WorldError(f"{size} processes cannot share {shards} shards of a move equally; add -s shards={size}")


def launch(gpus: int, max_restarts: int, shards: int) -> None:
    """Replace this process by `torchrun` with a process for each GPU, unless `torchrun` has started this one."""
    if "TORCHELASTIC_RUN_ID" in os.environ:
        return
    available = torch.cuda.device_count()
    if gpus > available:
        raise WorldError(f"--gpus {gpus}: this machine has {available}; give fewer, or use torchrun on the CPU")
    _check(gpus, shards)
    if gpus > 1:
        how = ["--standalone", f"--nproc-per-node={gpus}", f"--max-restarts={max_restarts}"]
        command = [sys.executable, "-m", "torch.distributed.run", *how, "-m", "ganzoo", *sys.argv[1:]]
        os.execv(sys.executable, command)


@contextmanager
def joined(find_device: Callable[[], str], shards: int) -> Iterator[World]:
    """Join the other processes that `torchrun` started, if it did. `find_device` gives the device of this one.

    Raises `WorldError` where shards do not divide, or there are too few GPUs.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield ALONE
        return
    _check(size, shards)
    device = find_device()
    on_gpu = device.startswith("cuda")
    if on_gpu:
        if local_rank() >= torch.cuda.device_count():
            raise WorldError(f"process {local_rank()} of this machine has no GPU of its own; start fewer")
        torch.cuda.set_device(device)
    store, own_rank, _ = next(dist.rendezvous("env://", timeout=TIMEOUT))  # type: ignore[attr-defined]
    restart = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")  # the store may still hold keys of an earlier start
    store = dist.PrefixStore(restart, store)  # type: ignore[attr-defined]
    backend = "nccl" if on_gpu else "gloo"
    dist.init_process_group(backend, store=store, rank=own_rank, world_size=size, timeout=TIMEOUT)
    yield World(own_rank, size, device)
    store.set(f"done {own_rank}", "")
    store.wait([f"done {rank}" for rank in range(size)])  # a process that ends early closes its connections
    dist.destroy_process_group()  # not after an error: NCCL would wait for the others, and the error would stay unseen
