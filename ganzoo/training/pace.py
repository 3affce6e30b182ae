"""Modules that learn at a rate of their own: so many times that of their player."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from torch import Tensor, nn

from ganzoo.support.errors import Incompatible


def groups(
    modules: Iterable[nn.Module], params: Sequence[nn.Parameter], rate: Callable[[float], Tensor | float]
) -> list[dict[str, Any]]:
    """Groups of an optimizer, one for each pace. `rate` gives the learning rate of a pace; that of 1 is the default.

    Without an attribute `pace` there is one group, in the order of `params`, as there is in all stored checkpoints.
    Raises `Incompatible`.
    """
    found: dict[nn.Parameter, float] = {}
    for module in modules:
        _collect(module, 1.0, found)
    members: dict[float, list[nn.Parameter]] = {}
    for p in params:
        members.setdefault(found[p], []).append(p)
    return [{"params": same, **({} if pace == 1 else {"lr": rate(pace)})} for pace, same in members.items()]


def _collect(module: nn.Module, pace: float, found: dict[nn.Parameter, float]) -> None:
    """The pace of each parameter: the product of those of the modules around it, by the first way that leads there."""
    own = getattr(module, "pace", 1.0)
    if isinstance(own, bool) or not isinstance(own, int | float) or not (math.isfinite(own) and own >= 0):
        raise Incompatible(
            f"{type(module).__name__}.pace is {own!r}, but must be a number >= 0: how many times its player's learning "
            "rate the module learns at; give a number, or the attribute another name"
        )
    pace *= own
    for p in module.parameters(recurse=False):
        found.setdefault(p, pace)
    for child in module.children():
        _collect(child, pace, found)
