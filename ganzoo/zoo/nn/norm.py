"""Normalisation layers, and the statistics of batch normalisation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ganzoo.interfaces.networks import NetSpec
from ganzoo.support.errors import Incompatible
from ganzoo.zoo.nn.conditioning import LabelledLayer, require_labels

Norm = Literal["batch", "layer", "none"]
AutoNorm = Literal["auto", "batch", "layer", "none"]


def norm_layer(kind: str, channels: int, dims: int, classes: int = 0) -> nn.Module:
    """Normalisation of (N, channels) for dims=0, of (N, channels, H, W) for dims=2.

    With `classes`, each class has its own gain and bias.
    """
    if kind == "none":
        return nn.Identity()
    batch = nn.BatchNorm2d if dims == 2 else nn.BatchNorm1d
    plain = batch(channels, affine=not classes) if kind == "batch" else nn.GroupNorm(1, channels, affine=not classes)
    return ConditionalNorm(plain, channels, classes) if classes else plain


class ConditionalNorm(LabelledLayer):
    """γ_y x̂ + β_y, where x̂ is x normalised; initially γ = 1 and β = 0 (Dumoulin et al. 2017)."""

    def __init__(self, plain: nn.Module, channels: int, classes: int) -> None:
        super().__init__()
        self.plain, self.gain, self.bias = plain, nn.Embedding(classes, channels), nn.Embedding(classes, channels)
        nn.init.ones_(self.gain.weight)
        nn.init.zeros_(self.bias.weight)

    def forward(self, x: Tensor, y: Tensor | None) -> Tensor:
        """(N, channels, ...) -> the same shape."""
        shape, y = (*x.shape[:2], *(1 for _ in x.shape[2:])), require_labels(y)
        scaled: Tensor = self.gain(y).reshape(shape) * self.plain(x) + self.bias(y).reshape(shape)
        return scaled


def norm_classes(option: str, spec: NetSpec) -> int:
    """Classes with their own gain and bias in G's normalisation. Raises `Incompatible` if G has no normalisation."""
    if not spec.classes or spec.label != "norm":
        return 0
    if option == "none":
        raise Incompatible(
            "with cbn labels enter G through its normalisation, and G has none; write g_norm=batch, or leave out cbn"
        )
    return spec.classes


def choose_norm(option: str, spec: NetSpec) -> str:
    """D's normalisation, noted in `spec.chosen`. `auto` is batch if the spec allows it, else none.

    Raises `Incompatible` for an explicit "batch" that the spec does not allow.
    """
    if option == "batch" and not spec.batch_norm:
        raise Incompatible(
            "norm=batch mixes the samples of a batch, but a gradient penalty needs D to judge each sample alone; "
            "write norm=layer, norm=none or norm=auto"
        )
    chosen = option if option != "auto" else "batch" if spec.batch_norm else "none"
    spec.chosen["norm"] = chosen
    return chosen


def _batch_norms(net: nn.Module) -> list[_BatchNorm]:
    return [module for module in net.modules() if isinstance(module, _BatchNorm)]


def has_batch_norm(net: nn.Module) -> bool:
    """Whether any layer normalises over the batch."""
    return bool(_batch_norms(net))


def statistics(net: nn.Module) -> set[Tensor]:
    """The buffers of batch normalisation, which `recompute_statistics` fills in."""
    return {buffer for module in _batch_norms(net) for buffer in module.buffers(recurse=False)}


def freeze_statistics(net: nn.Module) -> None:
    """Stop training from updating running statistics: `recompute_statistics` computes those for evaluation."""
    for module in _batch_norms(net):
        module.track_running_stats = False


def use_batch_statistics(net: nn.Module) -> None:
    """Let batch normalisation use each batch's own statistics in evaluation too, as D does in training."""
    for module in _batch_norms(net):
        module.train()


@torch.no_grad()
def recompute_statistics(net: nn.Module, forward: Callable[[], object], passes: int = 10) -> None:
    """Set running statistics to their mean over `passes` calls of `forward`; leaves `net` in evaluation mode."""
    net.eval()
    modules = _batch_norms(net)
    for module in modules:
        module.track_running_stats = True  # first, for otherwise nothing is reset
        module.reset_running_stats()
        module.momentum = None  # a plain mean over the passes
        module.train()
    for _ in range(passes if modules else 0):
        forward()
    net.eval()
