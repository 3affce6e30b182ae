"""Moves compiled by torch.compile, or where it gets them wrong by its backend alone."""

from __future__ import annotations

import warnings
from collections.abc import Hashable
from typing import Any

import torch
from packaging.version import Version
from torch import Tensor

from ganzoo.support.errors import GanzooWarning
from ganzoo.support.messages import sentence
from ganzoo.training.execution import Eager
from ganzoo.training.operations import Backend, Function, Untraced, by_operations

TRACED = Version(torch.__version__) >= Version("2.14")
"""Whether dynamo, the part of torch.compile that reads Python, traces moves. Up to 2.10 it refuses `autograd.grad`, in
2.11 `requires_grad_` of what was made on the way; 2.12 and 2.13 leave out changes of a term's state, without a word."""


class Compiled(Eager):
    """Forwards, penalties and their gradients in one graph. The optimizers are fused already.

    A compiled module does not support double backward, but a compiled step does. Random numbers are those of eager
    execution. A move that cannot be compiled is executed eagerly, with a warning. What goes wrong once compiled code
    runs is raised: it may have changed state, and a second try would change it twice.
    """

    def __init__(self, backend: Backend = "inductor") -> None:
        self.backend = backend
        self.compiled: dict[Hashable, Function] = {}

    def gradients(self, key: Hashable, function: Function, *inputs: Tensor | None) -> Any:
        """function(*inputs), compiled when its key is met for the first time."""
        if key in self.compiled:
            return self.compiled[key](*inputs)
        from torch._dynamo.exc import TorchDynamoException  # those of all backends too; raised before anything runs

        try:
            way = by_dynamo if TRACED else by_operations
            self.compiled[key] = way(function, self.backend, *inputs)
            return self.compiled[key](*inputs)
        except (TorchDynamoException, Untraced) as error:
            cause = sentence(error)[:300]
            warnings.warn(f"the move {key} cannot be compiled and is executed eagerly: {cause}", GanzooWarning, 2)
            self.compiled[key] = function
            return function(*inputs)


def by_dynamo(function: Function, backend: Backend, *inputs: Tensor | None) -> Function:
    """The function's Python code is compiled, at the first call. Gradients are traced with the rest."""
    from torch._dynamo import config as dynamo
    from torch._inductor import config as inductor

    compiled = torch.compile(function, backend=backend, fullgraph=True, dynamic=False)

    def call(*inputs: Tensor | None) -> Any:
        # the limit counts what all moves of all runs of this process compile
        with dynamo.patch(trace_autograd_ops=True, recompile_limit=1_000), inductor.patch(fallback_random=True):
            return compiled(*inputs)

    return call
