"""The processes that train one run together: who this one is, and what they say to each other.

`torchrun --nproc-per-node=N -m ganzoo run ...` starts them. There is no wrapper around a network: ranks divide the
shards of each move, and add up one buffer.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import Tensor
from torch import distributed as dist

from ganzoo.support.errors import WorldError

PATIENCE = timedelta(hours=2)  # how long the others wait for the one that leads an evaluation


@dataclass(frozen=True)
class World:
    """One process among those of a run."""

    rank: int = 0
    size: int = 1
    device: str = "cpu"
    """Where what they say to each other lies."""

    @property
    def first(self) -> bool:
        """Whether it is the one that writes, evaluates and speaks."""
        return self.rank == 0

    def share(self, shards: int) -> range:
        """Those of a move's shards that are this process's."""
        return range(self.rank * shards // self.size, (self.rank + 1) * shards // self.size)

    def add(self, tensors: Sequence[Tensor]) -> None:
        """Replace each by its sum over all processes, in one message."""
        if self.size == 1:
            return
        flat = torch.cat([x.reshape(-1) for x in tensors])
        dist.all_reduce(flat)
        for x, part in zip(tensors, torch.split(flat, [x.numel() for x in tensors]), strict=True):
            x.copy_(part.view_as(x))

    def largest(self, number: int) -> int:
        """The largest that any process gives."""
        if self.size == 1:
            return number
        there = torch.tensor(number, device=self.device)
        dist.all_reduce(there, dist.ReduceOp.MAX)
        return int(there)

    def same(self, number: int) -> bool:
        """Whether all processes give the same."""
        return self.largest(number) == -self.largest(-number)

    def wait(self) -> None:
        """For all processes."""
        self.largest(0)


ALONE = World()


def rank() -> int:
    """Of this process, before any has met."""
    return int(os.environ.get("RANK", "0"))


def local_rank() -> int:
    """Of this process among those of its machine."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def _check(size: int, shards: int) -> None:
    if shards % size:
        raise WorldError(f"{size} processes cannot share {shards} shards of a move equally; add -s shards={size}")


def launch(gpus: int, max_restarts: int, shards: int) -> None:
    """Become `torchrun` with a process for each GPU, unless it is `torchrun` that started this one."""
    if "TORCHELASTIC_RUN_ID" in os.environ:
        return
    there = torch.cuda.device_count()
    if gpus > there:
        raise WorldError(f"--gpus {gpus}: {there} CUDA devices are here; ask for fewer, or use torchrun on the CPU")
    _check(gpus, shards)
    if gpus > 1:
        how = ["--standalone", f"--nproc-per-node={gpus}", f"--max-restarts={max_restarts}"]
        command = [sys.executable, "-m", "torch.distributed.run", *how, "-m", "ganzoo", *sys.argv[1:]]
        os.execv(sys.executable, command)


@contextmanager
def joined(find: Callable[[], str], shards: int) -> Iterator[World]:
    """Meet the other processes that `torchrun` started, if it did. `find` says which device is this one's.

    Raises `WorldError` where shards do not divide, or there are too few GPUs.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield ALONE
        return
    _check(size, shards)
    device = find()
    on_gpu = device.startswith("cuda")
    if on_gpu:
        if local_rank() >= torch.cuda.device_count():
            raise WorldError(f"process {local_rank()} of this machine has no GPU of its own; start fewer")
        torch.cuda.set_device(device)
    store, mine, _ = next(dist.rendezvous("env://", timeout=PATIENCE))  # type: ignore[attr-defined]
    restart = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")  # the store may still hold what an earlier one said
    store = dist.PrefixStore(restart, store)  # type: ignore[attr-defined]
    backend = "nccl" if on_gpu else "gloo"
    dist.init_process_group(backend, store=store, rank=mine, world_size=size, timeout=PATIENCE)
    yield World(mine, size, device)
    store.set(f"done {mine}", "")
    store.wait([f"done {rank}" for rank in range(size)])  # one that leaves early takes its connections along
    dist.destroy_process_group()  # not after an error: NCCL would wait for the others, and nobody would hear of it
