"""Normalisation: which, and how its statistics are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ganzoo.interfaces.networks import NetSpec
from ganzoo.support.errors import Incompatible
from ganzoo.zoo.nn.labels import Labelled, given

Norm = Literal["batch", "layer", "none"]
AutoNorm = Literal["auto", "batch", "layer", "none"]


def norm(kind: str, channels: int, dims: int, classes: int = 0) -> nn.Module:
    """`kind` of normalisation for (N, channels) at dims=0, for (N, channels, H, W) at dims=2.

    With classes each of them has a gain and a bias of its own.
    """
    if kind == "none":
        return nn.Identity()
    batch = nn.BatchNorm2d if dims == 2 else nn.BatchNorm1d
    plain = batch(channels, affine=not classes) if kind == "batch" else nn.GroupNorm(1, channels, affine=not classes)
    return ConditionalNorm(plain, channels, classes) if classes else plain


class ConditionalNorm(Labelled):
    """γ_y x̂ + β_y, x̂ being x normalised; at first γ = 1 and β = 0 (Dumoulin et al. 2017; de Vries et al. 2017)."""

    def __init__(self, plain: nn.Module, channels: int, classes: int) -> None:
        super().__init__()
        self.plain, self.gain, self.bias = plain, nn.Embedding(classes, channels), nn.Embedding(classes, channels)
        nn.init.ones_(self.gain.weight)
        nn.init.zeros_(self.bias.weight)

    def forward(self, x: Tensor, y: Tensor | None) -> Tensor:
        """(N, channels, ...) -> the same shape."""
        shape, y = (*x.shape[:2], *(1 for _ in x.shape[2:])), given(y)
        scaled: Tensor = self.gain(y).reshape(shape) * self.plain(x) + self.bias(y).reshape(shape)
        return scaled


def norm_classes(option: str, spec: NetSpec) -> int:
    """Classes whose gains and biases differ in G's normalisation. Raises `Incompatible` where there is none."""
    if not spec.classes or spec.label != "norm":
        return 0
    if option == "none":
        raise Incompatible(
            "labels enter G through its normalisation (cbn), and it has none; write g_norm=batch, or leave cbn out"
        )
    return spec.classes


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


def normalise_by_batch(net: nn.Module) -> None:
    """Let D normalise each batch by itself in evaluation too, as it learned to judge; nothing is kept of one."""
    for module in _batch_norms(net):
        module.train()


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
