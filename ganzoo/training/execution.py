"""Three ways to execute the same move: eagerly, compiled as a whole, or replayed from a CUDA graph.

A move has two functions: one computes the gradients of the player's parameters, the other lets its optimizer take a
step. `key` distinguishes moves that do different work: the player, and the terms that are counted this time.
"""

from __future__ import annotations

import gc
import warnings
from collections import Counter
from collections.abc import Callable, Hashable
from typing import Any, Protocol

import torch
from torch import Tensor

from ganzoo.support.errors import CaptureError, GanzooWarning
from ganzoo.support.messages import sentence

Inputs = tuple[Tensor | None, ...]
Function = Callable[..., Any]


class Execution(Protocol):
    """How a move is executed."""

    def gradients(self, key: Hashable, function: Function, *inputs: Tensor | None) -> Any:
        """function(*inputs). The next call may overwrite the outputs."""
        ...

    def step(self, key: Hashable, function: Callable[[], Any]) -> None:
        """function(), an optimizer's step."""
        ...


class Eager:
    """Each operation when Python reaches it."""

    def gradients(self, key: Hashable, function: Function, *inputs: Tensor | None) -> Any:
        """function(*inputs)."""
        return function(*inputs)

    def step(self, key: Hashable, function: Callable[[], Any]) -> None:
        """function()."""
        function()


class Compiled(Eager):
    """Forwards, penalties and their gradients in one graph, by torch.compile. The optimizers are fused already.

    A compiled module does not support double backward, but a compiled step does. Random numbers are those of eager
    execution. A move that cannot be compiled is executed eagerly, with a warning. What goes wrong once compiled code
    runs is raised: it may have changed state, and a second try would change it twice.
    """

    def __init__(self, backend: str | Callable[..., Any] = "inductor") -> None:
        self.backend = backend
        self.compiled: dict[Hashable, Function] = {}

    def gradients(self, key: Hashable, function: Function, *inputs: Tensor | None) -> Any:
        """function(*inputs), compiled when its key is met for the first time."""
        if key in self.compiled:
            return self.compiled[key](*inputs)
        from torch._dynamo.exc import TorchDynamoException  # those of all backends too; raised before anything runs

        try:
            self.compiled[key] = _compile(function, self.backend)
            return self.compiled[key](*inputs)
        except TorchDynamoException as error:
            cause = sentence(error)[:300]
            warnings.warn(f"the move {key} cannot be compiled and is executed eagerly: {cause}", GanzooWarning, 2)
            self.compiled[key] = function
            return function(*inputs)


def _compile(function: Function, backend: str | Callable[..., Any]) -> Function:
    """Gradients are traced with the rest, and random numbers are drawn as in eager execution."""
    from torch._dynamo import config as dynamo
    from torch._inductor import config as inductor

    compiled = torch.compile(function, backend=backend, fullgraph=True, dynamic=False)

    def call(*inputs: Tensor | None) -> Any:
        # the limit counts what all moves of all runs of this process compile
        with dynamo.patch(trace_autograd_ops=True, recompile_limit=1_000), inductor.patch(fallback_random=True):
            return compiled(*inputs)

    return call


class Graphed(Eager):
    """Captured CUDA graphs, one a key: a move without Python and without single kernel launches.

    The first `warm` moves of each key are executed eagerly, on a stream of their own, as capture demands; they are real
    moves. Random numbers are those of eager execution: a replay starts from the seed that the device's generator has
    at that time. Everything is on the current device. Raises `CaptureError`.
    """

    def __init__(self, capture: Callable[[Function, Inputs], Function] | None = None, warm: int = 3) -> None:
        self.capture, self.warm = capture or Recorder(), warm
        self.calls: Counter[Hashable] = Counter()
        self.graphs: dict[Hashable, Function] = {}

    def gradients(self, key: Hashable, function: Function, *inputs: Tensor | None) -> Any:
        """function(*inputs), eagerly at first and from a graph after that."""
        return self._run(("gradients", key), function, inputs)

    def step(self, key: Hashable, function: Callable[[], Any]) -> None:
        """function(), likewise."""
        self._run(("step", key), function, ())

    def _run(self, key: Hashable, function: Function, inputs: Inputs) -> Any:
        self.calls[key] += 1
        if self.calls[key] <= self.warm:
            return _on_side_stream(function, inputs)
        if key not in self.graphs:
            try:
                self.graphs[key] = self.capture(function, inputs)
            except Exception as error:
                cause = sentence(error)[:300]
                raise CaptureError(f"the move {key} cannot be captured ({cause}); use --engine eager") from error
        return self.graphs[key](*inputs)


class Recorder:
    """Captures graphs that share one memory pool, which is safe because they are replayed one after the other."""

    def __init__(self) -> None:
        self.pool: Any = None

    def __call__(self, function: Function, inputs: Inputs) -> Recording:
        """Capture function(*inputs)."""
        self.pool = self.pool or torch.cuda.graph_pool_handle()
        return Recording(function, inputs, self.pool)


class Recording:
    """A CUDA graph of function(*inputs), with buffers of its own for inputs and outputs."""

    def __init__(self, function: Function, inputs: Inputs, pool: Any) -> None:
        self.inputs = tuple(None if x is None else x.clone() for x in inputs)
        self.graph = torch.cuda.CUDAGraph()
        gc.collect()  # a turn may be part of a cycle, and hold what was computed on another stream
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message="The CUDA Graph is empty")
            # "thread_local": the thread that loads batches may use CUDA meanwhile
            with torch.cuda.graph(self.graph, pool=pool, capture_error_mode="thread_local"):
                self.outputs = function(*self.inputs)

    def __call__(self, *inputs: Tensor | None) -> Any:
        """The outputs, which the next call overwrites."""
        for buffer, value in zip(self.inputs, inputs, strict=True):
            if buffer is not None and value is not None:
                buffer.copy_(value)
        self.graph.replay()
        return self.outputs


def _on_side_stream(function: Function, inputs: Inputs) -> Any:
    """function(*inputs) on another CUDA stream; without CUDA as usual."""
    if not torch.cuda.is_available():
        return function(*inputs)
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        outputs = function(*inputs)
    torch.cuda.current_stream().wait_stream(stream)
    return outputs


EXECUTIONS: dict[str, Callable[[], Execution]] = {"eager": Eager, "compile": Compiled, "graph": Graphed}
