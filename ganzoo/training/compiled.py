"""Moves compiled by torch.compile."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable
from typing import Any

import torch
from torch import Tensor

from ganzoo.support.errors import GanzooWarning
from ganzoo.support.messages import sentence
from ganzoo.training.execution import Eager

Function = Callable[..., Any]


class Compiled(Eager):
    """Forwards, penalties and their gradients in one graph, by torch.compile. The optimizers are fused already.

    A compiled module does not support double backward, but a compiled step does. Random numbers are those of eager
    execution. A move that cannot be compiled is executed eagerly, with a warning. What goes wrong once compiled code
    runs is raised: it may have changed state, and a second try would change it twice.
    """

    compiles = True

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
