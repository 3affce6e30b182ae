"""Three ways to run the same move: as it comes, compiled whole, or replayed from a CUDA graph.

A move has two functions: one makes gradients of the player's parameters, one lets its optimizer take a step. `key`
tells moves apart that do different work: the player, and the terms that count this time.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Protocol

import torch
from torch import Tensor

from ganzoo.wording import GanzooWarning, sentence

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
            with _compiling():
                return self.made[key](*inputs)
        try:
            compiled = torch.compile(function, backend=self.backend, fullgraph=True, dynamic=False)
            with _compiling():
                found = compiled(*inputs)
        except Exception as error:  # whatever a compiler may raise, before anything has run
            _tell(key, "compiled", error)
            compiled, found = function, function(*inputs)
        self.made[key] = compiled
        return found


def _compiling() -> AbstractContextManager[Any]:
    """Gradients are traced with the rest, and random numbers are drawn as eager draws them."""
    from torch._dynamo import config as dynamo
    from torch._inductor import config as inductor

    stack = ExitStack()
    stack.enter_context(dynamo.patch(trace_autograd_ops=True))
    stack.enter_context(inductor.patch(fallback_random=True))
    return stack


class Graphed(Eager):
    """Captured CUDA graphs, one a key: a move without Python, without launches one by one.

    The first `warm` moves of each key are made as they come, on a stream of their own, as capture demands; they are
    real moves. Random numbers are those of eager: a replay starts from the seed that the device's generator has then.
    """

    def __init__(self, capture: Callable[[Function, Inputs], Function] | None = None, warm: int = 3) -> None:
        self.capture, self.warm = capture or Recording, warm
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
            except Exception as error:  # capture forbids much, and runs nothing
                _tell(key, "captured", error)
                self.made[key] = function
        return self.made[key](*inputs)


class Recording:
    """A CUDA graph of function(*inputs), with inputs and outputs in places of their own."""

    def __init__(self, function: Function, inputs: Inputs) -> None:
        self.inputs = tuple(None if x is None else x.clone() for x in inputs)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
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


def _tell(key: Hashable, what: str, error: Exception) -> None:
    warnings.warn(f"the move {key} cannot be {what} and runs as it comes: {sentence(error)[:300]}", GanzooWarning, 3)


MODES: dict[str, Callable[[], Mode]] = {"eager": Eager, "compile": Compiled, "graph": Graphed}
