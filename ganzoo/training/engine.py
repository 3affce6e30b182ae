"""Where and how the arithmetic is done. Chosen by fixed rules, never by timing, and recorded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from ganzoo.recipes.recipe import Recipe
from ganzoo.support.errors import DeviceError
from ganzoo.support.float32 import pinned_float32
from ganzoo.training.distributed import local_rank

WORTH_ALL_CORES = 2**15  # numbers in a batch; below it, threads wait for each other longer than they compute
WORTH_FUSING = 2**9  # numbers in a sample; in 8x8 digits compiled moves gain 8 %
WORTH_COMPILING = 2**30  # numbers shown to D: at 32x32 five times what repays the 18 s that compiling took
WORTH_COMPILING_ON_CUDA = 2**36  # estimated, not measured: 32x32 would repay 40 s after 2**34 numbers


@dataclass(frozen=True, kw_only=True)
class Engine:
    """Device, threads, memory layout and precision: whatever decides the last bits of a result."""

    device: str
    threads: int
    layout: str
    precision: str = "fp32"
    """fp32; tf32 in products of float32 on CUDA; bf16 inside calls of G and D, with weights and all else in fp32; fp64
    to check numerics."""
    mode: str = "eager"
    """How moves are executed, a name of `ganzoo.training.prepare.EXECUTIONS`."""
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

        On CUDA, auto takes graphs where every part is `capturable`. It compiles where the budget repays it (`repaid`,
        see `worth_compiling`).
        """
        device = find_device(device)
        return cls(
            device=device,
            threads=_threads() if batch * prod(shape) >= WORTH_ALL_CORES else 1,
            layout="channels_last" if len(shape) == 3 else "contiguous",
            precision=find_precision(device, precision),
            mode=find_execution(device, mode, capturable, repaid),
            ranks=ranks,
        )

    def autocast(self) -> AbstractContextManager[Any]:
        """The context for calls of G and D.

        Without the cache of cast weights: each weight is used once a call, so it would save nothing, and a weight cast
        without gradients (a fake in D's move) or before an optimizer step must not be used again.
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
        """Set device, threads, precision, gradients, and random numbers of its own; then restore the caller's."""
        threads = torch.get_num_threads()
        on_cuda = self.device.startswith("cuda")
        torch.set_num_threads(self.threads)
        try:
            with (
                pinned_float32(self.precision == "tf32"),
                torch.inference_mode(False),
                torch.enable_grad(),
                torch.cuda.device(self.device) if on_cuda else nullcontext(),  # where streams and graphs are made
                torch.random.fork_rng(devices=[self.device] if on_cuda else []),
            ):
                yield
        finally:
            torch.set_num_threads(threads)


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _threads() -> int:
    """All cores, or fewer if `OMP_NUM_THREADS` says so."""
    limit = os.environ.get("OMP_NUM_THREADS", "")
    return min(cores(), int(limit)) if limit.isdecimal() and int(limit) else cores()


def reseed(device: torch.device, seed: int) -> None:
    """Seed the generators of the CPU and of this device, and of no other."""
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.default_generators[device.index].manual_seed(seed)
    elif device.type == "mps":
        torch.mps.manual_seed(seed)


def find_device(device: str) -> str:
    """`auto` is CUDA, then MPS, then the CPU; anything else must be there, or `DeviceError` says what is."""
    others = ["cpu", *(["mps"] if torch.backends.mps.is_available() else [])]
    cuda = [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    own = cuda[local_rank() % len(cuda)] if cuda else None  # each process of a machine has a GPU of its own
    if device == "auto":
        return own or others[-1]
    if device == "cuda" and own:
        return own
    if device not in [*others, *cuda]:
        raise DeviceError(f"no device {device!r} here; possible: {', '.join(['auto', *others, *cuda])}")
    return device


def engine_for(recipe: Recipe, shape: tuple[int, ...], device: str, mode: str, ranks: int = 1) -> Engine:
    """The engine for a recipe by rule, where no earlier session has recorded one. Raises `DeviceError`."""
    settings, terms = recipe.settings, [part.cls for part in recipe.terms]
    if mode.startswith("graph") and (free := [part.name for part in recipe.terms if not part.cls.capturable]):
        raise DeviceError(f"{', '.join(free)} cannot be captured in a graph; use --engine eager or compile")
    return Engine.choose(
        device,
        shape,
        settings.batch,
        settings.precision,
        mode,
        capturable=all(term.capturable for term in terms),
        repaid=worth_compiling(shape, settings.images, any(term.second_order for term in terms), find_device(device)),
        ranks=ranks,
    )


def worth_compiling(shape: tuple[int, ...], images: int, second_order: bool, device: str = "cpu") -> bool:
    """Whether a budget repays the compiler.

    On a CPU it gains on penalties of samples that are not tiny, and on nothing else. On CUDA it should gain on all that
    is bound by memory (not measured).
    """
    if device.startswith("cuda"):
        return images * prod(shape) >= WORTH_COMPILING_ON_CUDA
    return second_order and prod(shape) >= WORTH_FUSING and images * prod(shape) >= WORTH_COMPILING


def find_execution(device: str, mode: str, capturable: bool, repaid: bool) -> str:
    """`auto` by the rules of `Engine.choose`, else what is given. Raises `DeviceError` for graphs without CUDA."""
    if mode == "auto" and device.startswith("cuda"):
        return "eager" if not capturable else "graph+compile" if repaid else "graph"
    if mode == "auto":
        return "compile" if repaid and device == "cpu" else "eager"
    if mode.startswith("graph") and not device.startswith("cuda"):
        raise DeviceError(f"--engine {mode} needs CUDA, but this runs on {device}; use --engine eager or compile")
    return mode


def find_precision(device: str, precision: str = "auto") -> str:
    """`auto` is bf16 where a CUDA device computes with it fast, from compute capability 8.0 (Ampere); else fp32.

    Raises `DeviceError` for tf32 on any other device.
    """
    fast = device.startswith("cuda") and torch.cuda.get_device_capability(device) >= (8, 0)
    if precision == "tf32" and not fast:
        raise DeviceError(
            f"precision=tf32 needs a CUDA device of compute capability 8.0 (Ampere) or later, but this runs on "
            f"{device}; use precision=fp32"
        )
    return precision if precision != "auto" else "bf16" if fast else "fp32"
