"""Compilation of what a function computes, where torch.compile cannot read the function's code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, fx

Function = Callable[..., Any]
Backend = str | Callable[..., Any]
"""What compiles a graph of operations: a name that torch.compile takes, or a function (graph, inputs) -> function."""


class Untraced(Exception):
    """A function that could not be compiled. Nothing of it has run."""


def by_operations(function: Function, backend: Backend, *inputs: Tensor | None) -> Function:
    """The operations of one call, noted down on tensors without numbers, and compiled. Raises `Untraced`.

    Later calls run none of the function's Python. Their inputs have the shapes of these.
    """
    from torch._dynamo.backends.registry import lookup_backend
    from torch._inductor import config as inductor
    from torch.fx.experimental.proxy_tensor import make_fx
    from torch.utils._pytree import tree_flatten, tree_unflatten

    found: list[tuple[list[Any], Any]] = []

    def flat(*tensors: Tensor) -> list[Tensor]:
        given = iter(tensors)
        found.append(tree_flatten(function(*(None if x is None else next(given) for x in inputs))))
        return [x for x in found[-1][0] if x is not None]

    tensors = [x for x in inputs if x is not None]
    drawn_in_order = {"fallback_random": True, "reorder_for_locality": False, "reorder_for_peak_memory": False}
    try:
        graph = make_fx(flat, tracing_mode="fake", _allow_non_fake_inputs=True)(*tensors)
        held = lift(graph)
        with torch.no_grad(), inductor.patch(drawn_in_order):
            compiled = lookup_backend(backend)(graph, [*tensors, *held])
    except Exception as error:
        raise Untraced(f"{type(error).__name__}: {error}") from error
    leaves, structure = found[-1]

    def call(*inputs: Tensor | None) -> Any:
        with torch.no_grad():
            results = iter(compiled(*(x for x in inputs if x is not None), *held))
        return tree_unflatten([None if x is None else next(results) for x in leaves], structure)

    return call


def lift(module: fx.GraphModule) -> list[Tensor]:
    """Make the tensors that a graph holds, weights and state, its last inputs; return them. It may change them."""
    graph, lifted = module.graph, dict[str, fx.Node]()
    last = [node for node in graph.nodes if node.op == "placeholder"][-1]
    for node in [node for node in graph.nodes if node.op == "get_attr"]:
        if node.target not in lifted:
            with graph.inserting_after(last):
                last = lifted[node.target] = graph.placeholder(f"held_{len(lifted)}")
        node.replace_all_uses_with(lifted[node.target])
        graph.erase_node(node)
    module.recompile()
    return [getattr(module, name) for name in lifted]
