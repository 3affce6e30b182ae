"""Instruments of a profile: the time of nested spans, arithmetic, memory, and the speed of the machine."""

from __future__ import annotations

import resource
import sys
import time
import timeit
from collections import Counter
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from ganzoo.training.engine import Engine

P = ParamSpec("P")
T = TypeVar("T")


class SpanTimer:
    """Time of nested spans, each without the spans inside it."""

    def __init__(self, device: str) -> None:
        self.device, self.spent, self.open = device, Counter[str](), list[str]()
        self.last = time.perf_counter()

    def lap(self) -> None:
        """Add the time since the last lap to the innermost open span."""
        synchronize(self.device)
        now = time.perf_counter()
        self.spent[self.open[-1] if self.open else ""] += now - self.last  # type: ignore[assignment]
        self.last = now

    def timed(self, name: str, function: Callable[P, T]) -> Callable[P, T]:
        """The function, whose time is added to `name`."""

        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            self.lap()
            self.open.append(name)
            try:
                return function(*args, **kwargs)
            finally:
                self.lap()
                self.open.pop()

        return call


def synchronize(device: str) -> None:
    """Wait until the device has finished its work."""
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)


class FlopCounter(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts operations. torch's own counter also hooks modules, which does not work with `autograd.grad`."""

    total: int = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Execute the operation, and add its count."""
        out = func(*args, **(kwargs or {}))
        if (count := flop_registry.get(func.overloadpacket)) is not None:
            self.total += count(*args, **(kwargs or {}), out_val=out)
        return out


def matrix_product(engine: Engine) -> float:
    """Multiplications and additions a second of a large matrix product: the best of five."""
    n, dtype = (8192 if engine.device.startswith("cuda") else 1024), engine.dtype
    x = torch.randn(n, n, device=engine.device, dtype=torch.bfloat16 if engine.precision == "bf16" else dtype)

    def multiply() -> None:
        torch.mm(x, x)
        synchronize(engine.device)

    synchronize(engine.device)
    return 2 * n**3 / min(timeit.repeat(multiply, repeat=5, number=1))


def peak_memory(device: str) -> int:
    """Bytes: on a CUDA device since the last reset, elsewhere of this process since it began."""
    if device.startswith("cuda"):
        return int(torch.cuda.max_memory_allocated(device))
    unit = 1 if sys.platform == "darwin" else 1024  # what getrusage counts in
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
