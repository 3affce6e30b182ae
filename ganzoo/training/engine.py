"""Where and how the arithmetic is done. Chosen by fixed rules, never by a stopwatch, and recorded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from ganzoo.support.errors import DeviceError
from ganzoo.support.memory import KEEP, policy
from ganzoo.training.distributed import local_rank

WORTH_ALL_CORES = 2**15  # numbers in a batch; below it, threads wait for each other longer than they compute


WORTH_FUSING = 2**9  # numbers in a sample; in 8x8 digits compiled moves gain 8 %
WORTH_COMPILING = 2**30  # numbers shown to D: at 32x32 five times what repays the 18 s that compiling took


@dataclass(frozen=True, kw_only=True)
class Engine:
    """Device, threads, memory layout and precision: whatever decides the last bits of a result."""

    device: str
    threads: int
    layout: str
    precision: str = "fp32"
    """fp32; bf16 inside calls of G and D, with weights and all else in fp32; fp64 to check numerics."""
    mode: str = "eager"
    """How a move is run: one of `ganzoo.training.execution.MODES`."""
    ranks: int = 1
    """Processes that train together."""

    @property
    def dtype(self) -> torch.dtype:
        """Of weights and samples."""
        return torch.float64 if self.precision == "fp64" else torch.float32

    @classmethod
    def choose(
        cls,
        device: str,
        shape: tuple[int, ...],
        batch: int,
        precision: str = "auto",
        mode: str = "auto",
        capturable: bool = False,
        repaid: bool = False,
        ranks: int = 1,
    ) -> Engine:
        """By rule, from the device, the shape of a sample, the batch, and what was asked for.

        `capturable` says whether every part can be captured, so that graphs are what auto takes on CUDA; `repaid`
        whether compiling is `worth_compiling`, so that it is what auto takes on the CPU.
        """
        device = find_device(device)
        return cls(
            device=device,
            threads=_team() if batch * prod(shape) >= WORTH_ALL_CORES else 1,
            layout="channels_last" if len(shape) == 3 else "contiguous",
            precision=find_precision(device) if precision == "auto" else precision,
            mode=find_mode(device, mode, capturable, repaid),
            ranks=ranks,
        )

    def autocast(self) -> AbstractContextManager[Any]:
        """What calls of G and D are wrapped in.

        Without the cache of cast weights: each weight is used once a call, so it would save nothing, and a weight cast
        without gradients (a fake in D's move) or before an optimizer step must never be met again.
        """
        if self.precision != "bf16":
            return nullcontext()
        return torch.autocast(torch.device(self.device).type, torch.bfloat16, cache_enabled=False)

    def place(self, net: nn.Module) -> nn.Module:
        """Move a network to the device, in the layout and precision."""
        net = net.to(self.device, self.dtype)
        return net.to(memory_format=torch.channels_last) if self.layout == "channels_last" else net

    def hold(self, x: Tensor) -> Tensor:
        """A data set goes to the device whole where it takes at most half of the memory that is free there."""
        if self.device.startswith("cuda"):
            free, _ = torch.cuda.mem_get_info(self.device)
            return x.to(self.device) if x.nbytes <= free // 2 else x
        return x.to(self.device)

    @contextmanager
    def active(self) -> Iterator[None]:
        """Its device, threads, memory, float32 that is no TF32, random numbers; then the caller's again."""
        threads, tf32 = torch.get_num_threads(), torch.backends.cudnn.allow_tf32
        on_cuda = self.device.startswith("cuda")
        torch.set_num_threads(self.threads)
        torch.backends.cudnn.allow_tf32 = False
        try:
            with (
                torch.cuda.device(self.device) if on_cuda else nullcontext(),  # where streams and graphs are made
                torch.random.fork_rng(devices=[self.device] if on_cuda else []),
                policy(KEEP) if self.device == "cpu" else nullcontext(),
            ):
                yield
        finally:
            torch.set_num_threads(threads)
            torch.backends.cudnn.allow_tf32 = tf32


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _team() -> int:
    """Threads of a run that is worth them: all cores, or fewer if `OMP_NUM_THREADS` says so."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return min(cores(), int(asked)) if asked.isdecimal() and int(asked) else cores()


def reseed(device: torch.device, seed: int) -> None:
    """Seed the generators of the CPU and of this device, and of no other."""
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.default_generators[device.index].manual_seed(seed)
    elif device.type == "mps":
        torch.mps.manual_seed(seed)


def find_device(device: str) -> str:
    """`auto` is CUDA, then MPS, then the CPU; anything else must be there, or `DeviceError` says what is."""
    there = ["cpu", *(["mps"] if torch.backends.mps.is_available() else [])]
    cuda = [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    mine = cuda[local_rank() % len(cuda)] if cuda else None  # each process of a machine has one of its own
    if device == "auto":
        return mine or there[-1]
    if device == "cuda" and mine:
        return mine
    if device not in [*there, *cuda]:
        raise DeviceError(f"no device {device!r} here; there is {', '.join(['auto', *there, *cuda])}")
    return device


def worth_compiling(shape: tuple[int, ...], images: int, second_order: bool) -> bool:
    """Whether a budget repays the compiler. It gains on penalties of samples that are not tiny, and on nothing else."""
    return second_order and prod(shape) >= WORTH_FUSING and images * prod(shape) >= WORTH_COMPILING


def find_mode(device: str, mode: str, capturable: bool, repaid: bool) -> str:
    """`auto` by the rules of `Engine.choose`, else what was asked for; graph away from CUDA raises `DeviceError`."""
    if mode == "auto" and device.startswith("cuda"):
        return "graph" if capturable else "eager"
    if mode == "auto":
        return "compile" if repaid and device == "cpu" else "eager"
    if mode == "graph" and not device.startswith("cuda"):
        raise DeviceError(f"graph captures CUDA graphs, and this runs on {device}; take --engine eager or compile")
    return mode


def find_precision(device: str) -> str:
    """bf16 where a CUDA device computes with it fast, from compute capability 8.0 (Ampere); else fp32."""
    return "bf16" if device.startswith("cuda") and torch.cuda.get_device_capability(device) >= (8, 0) else "fp32"
