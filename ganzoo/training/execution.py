"""Three ways to run the same move: as it comes, compiled whole, or replayed from a CUDA graph.

A move has two functions: one makes gradients of the player's parameters, one lets its optimizer take a step. `key`
tells moves apart that do different work: the player, and the terms that count this time.
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


class Mode(Protocol):
    """How a move is run."""

    def gradients(self, key: Hashable, function: Function, *inputs: Tensor | None) -> Any:
        """function(*inputs). What comes out may be overwritten by the next call."""
        ...

    def step(self, key: Hashable, function: Callable[[], Any]) -> None:
        """function(), an optimizer's step."""
        ...


class Eager:
    """Each operation as it comes."""

    def gradients(self, key: Hashable, function: Function, *inputs: Tensor | None) -> Any:
        """function(*inputs)."""
        return function(*inputs)

    def step(self, key: Hashable, function: Callable[[], Any]) -> None:
        """function()."""
        function()


class Compiled(Eager):
    """Forwards, penalties and their gradients in one graph, by torch.compile; the optimizers are fused anyhow.

    A compiled module has no double backward, but a compiled step has. Its draws are those of eager. What cannot be
    compiled runs as it comes, with a sentence.
    """

    def __init__(self, backend: str = "inductor") -> None:
        self.backend = backend
        self.made: dict[Hashable, Function] = {}

    def gradients(self, key: Hashable, function: Function, *inputs: Tensor | None) -> Any:
        """function(*inputs), compiled on first sight of its key."""
        if key in self.made:
            return self.made[key](*inputs)
        try:
            self.made[key] = _compiled(function, self.backend)
            return self.made[key](*inputs)
        except Exception as error:  # whatever a compiler may raise, before anything has run
            said = sentence(error)[:300]
            warnings.warn(f"the move {key} cannot be compiled and runs as it comes: {said}", GanzooWarning, 2)
            self.made[key] = function
            return function(*inputs)


def _compiled(function: Function, backend: str) -> Function:
    """Gradients are traced with the rest, and random numbers are drawn as eager draws them."""
    from torch._dynamo import config as dynamo
    from torch._inductor import config as inductor

    compiled = torch.compile(function, backend=backend, fullgraph=True, dynamic=False)

    def call(*inputs: Tensor | None) -> Any:
        # the limit counts what all moves of all runs of this process compile
        with dynamo.patch(trace_autograd_ops=True, recompile_limit=1_000), inductor.patch(fallback_random=True):
            return compiled(*inputs)

    return call


class Graphed(Eager):
    """Captured CUDA graphs, one a key: a move without Python, without launches one by one.

    The first `warm` moves of each key are made as they come, on a stream of their own, as capture demands; they are
    real moves. Random numbers are those of eager: a replay starts from the seed that the device's generator has then.
    Everything is on the current device. Raises `CaptureError`.
    """

    def __init__(self, capture: Callable[[Function, Inputs], Function] | None = None, warm: int = 3) -> None:
        self.capture, self.warm = capture or Recorder(), warm
        self.seen: Counter[Hashable] = Counter()
        self.made: dict[Hashable, Function] = {}

    def gradients(self, key: Hashable, function: Function, *inputs: Tensor | None) -> Any:
        """function(*inputs), as it comes at first and from a graph after that."""
        return self._run(("gradients", key), function, inputs)

    def step(self, key: Hashable, function: Callable[[], Any]) -> None:
        """function(), likewise."""
        self._run(("step", key), function, ())

    def _run(self, key: Hashable, function: Function, inputs: Inputs) -> Any:
        self.seen[key] += 1
        if self.seen[key] <= self.warm:
            return _aside(function, inputs)
        if key not in self.made:
            try:
                self.made[key] = self.capture(function, inputs)
            except Exception as error:
                said = sentence(error)[:300]
                raise CaptureError(f"the move {key} cannot be captured ({said}); take --engine eager") from error
        return self.made[key](*inputs)


class Recorder:
    """Makes recordings that share their memory: they are replayed one after the other, and used at once."""

    def __init__(self) -> None:
        self.pool: Any = None

    def __call__(self, function: Function, inputs: Inputs) -> Recording:
        """Of function(*inputs)."""
        self.pool = self.pool or torch.cuda.graph_pool_handle()
        return Recording(function, inputs, self.pool)


class Recording:
    """A CUDA graph of function(*inputs), with inputs and outputs in places of their own."""

    def __init__(self, function: Function, inputs: Inputs, pool: Any) -> None:
        self.inputs = tuple(None if x is None else x.clone() for x in inputs)
        self.graph = torch.cuda.CUDAGraph()
        gc.collect()  # a turn may be part of a cycle, and hold what was computed on another stream
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message="The CUDA Graph is empty")
            # "thread_local": what the feed's thread does meanwhile is none of the graph's business
            with torch.cuda.graph(self.graph, pool=pool, capture_error_mode="thread_local"):
                self.outputs = function(*self.inputs)

    def __call__(self, *inputs: Tensor | None) -> Any:
        """The outputs, whose places the next call overwrites."""
        for mine, new in zip(self.inputs, inputs, strict=True):
            if mine is not None and new is not None:
                mine.copy_(new)
        self.graph.replay()
        return self.outputs


def _aside(function: Function, inputs: Inputs) -> Any:
    """On another stream, where there are streams."""
    if not torch.cuda.is_available():
        return function(*inputs)
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        found = function(*inputs)
    torch.cuda.current_stream().wait_stream(stream)
    return found


MODES: dict[str, Callable[[], Mode]] = {"eager": Eager, "compile": Compiled, "graph": Graphed}
