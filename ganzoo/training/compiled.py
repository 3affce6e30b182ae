"""Moves compiled by torch.compile, or on torch 2.9 to 2.11 by its backend alone, since it cannot trace them there."""

from __future__ import annotations

import warnings
from collections.abc import Hashable
from functools import cache
from typing import Any

import torch
from torch import Tensor

from ganzoo.support.errors import GanzooWarning
from ganzoo.support.messages import sentence
from ganzoo.training.execution import Eager
from ganzoo.training.operations import Backend, Function, Untraced, by_operations


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
            way = by_dynamo if traces_gradients() else by_operations
            self.compiled[key] = way(function, self.backend, *inputs)
            return self.compiled[key](*inputs)
        except (TorchDynamoException, Untraced) as error:
            cause = sentence(error)[:300]
            warnings.warn(f"the move {key} cannot be compiled and is executed eagerly: {cause}", GanzooWarning, 2)
            self.compiled[key] = function
            return function(*inputs)


@cache
def traces_gradients() -> bool:
    """Whether dynamo traces gradients by tensors that are made on the way, as from torch 2.12 on."""
    from torch._dynamo import config, exc

    def probe(x: Tensor) -> tuple[Tensor, ...]:
        leaf = (x + 1).requires_grad_()
        return torch.autograd.grad(leaf.square().sum(), leaf)

    try:
        return hasattr(config, "trace_autograd_ops") and bool(by_dynamo(probe, "eager")(torch.zeros(1)))
    except exc.TorchDynamoException:
        return False


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
