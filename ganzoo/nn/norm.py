"""Normalisation: which, and how its statistics are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from ganzoo.interfaces import Incompatible, NetSpec

Norm = Literal["batch", "layer", "none"]
AutoNorm = Literal["auto", "batch", "layer", "none"]


def norm(kind: str, channels: int, dims: int) -> nn.Module:
    """`kind` of normalisation for (N, channels) at dims=0, for (N, channels, H, W) at dims=2."""
    if kind == "batch":
        return nn.BatchNorm2d(channels) if dims == 2 else nn.BatchNorm1d(channels)
    return nn.GroupNorm(1, channels) if kind == "layer" else nn.Identity()


def choose_norm(option: str, spec: NetSpec) -> str:
    """D's normalisation: `auto` is batch unless a term looks at each sample alone. The choice is recorded in the spec.

    Raises `Incompatible` for an explicit "batch" where that mixes what must be judged alone.
    """
    if option == "batch" and not spec.batch_norm:
        raise Incompatible(
            "norm=batch mixes the samples of a batch, but a gradient penalty needs each judged alone; "
            "write norm=layer, norm=none or norm=auto"
        )
    chosen = option if option != "auto" else "batch" if spec.batch_norm else "none"
    spec.chosen["norm"] = chosen
    return chosen


def _batch_norms(net: nn.Module) -> list[_BatchNorm]:
    return [module for module in net.modules() if isinstance(module, _BatchNorm)]


def has_batch_norm(net: nn.Module) -> bool:
    """Whether anything in it normalises over the batch."""
    return bool(_batch_norms(net))


def hold_statistics(net: nn.Module) -> None:
    """Training leaves running statistics alone: `measure_statistics` makes those that evaluation uses."""
    for module in _batch_norms(net):
        module.track_running_stats = False


@torch.no_grad()
def measure_statistics(net: nn.Module, forward: Callable[[], object], passes: int = 10) -> None:
    """Set the running statistics of `net` to their mean over `passes` calls of `forward`; leaves `net` in eval mode."""
    net.eval()
    modules = _batch_norms(net)
    for module in modules:
        module.reset_running_stats()
        module.momentum = None  # a plain mean over the passes
        module.track_running_stats = True
        module.train()
    for _ in range(passes if modules else 0):
        forward()
    net.eval()
