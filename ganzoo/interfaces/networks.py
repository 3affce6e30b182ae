"""Networks: what their builders are told, and how each of them is trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor, nn


@dataclass
class NetSpec:
    """What the builder of one network is told. Terms may edit it in `prepare`, before the network exists."""

    shape: tuple[int, ...]
    """Of one sample: (C, H, W) for images, (2,) for points, (T, C) for sequences."""
    latent: int = 64
    """Width of z."""
    labels: int = 0
    """Classes that the data has. Builds nothing."""
    classes: int = 0
    """> 0: this network takes y, of so many classes."""
    label: str = "concat"
    """How y enters: "concat", behind the input; "norm", gain and bias of G's norms; "projection", in D's score."""
    heads: dict[str, int] = field(default_factory=dict)
    """Outputs of D beside the score: name -> width."""
    tail: list[Callable[[], nn.Module]] = field(default_factory=list)
    """Layers that D puts just before its heads."""
    batch_norm: bool = True
    """False: no normalisation over the batch, because a term looks at each sample alone."""
    group: int = 1
    """Samples that D judges together; the batch is a multiple of it."""
    needs: set[str] = field(default_factory=set)
    """What an unusual loss asks of a network; a builder refuses a need that it does not know."""
    companions: dict[str, Callable[[], nn.Module]] = field(default_factory=dict)
    """Modules that train beside this network: name -> builder. They are not averaged, and normalise no batch."""
    chosen: dict[str, str] = field(default_factory=dict)
    """Written by the builder: what it chose where an option left it open. Printed and recorded."""


class Architecture(Protocol):
    """A dataclass whose fields are its options."""

    def generator(self, spec: NetSpec) -> nn.Module:
        """A module (z of (N, latent), y=None) -> (N, *shape): images in [-1, 1], points unbounded."""
        ...

    def discriminator(self, spec: NetSpec) -> nn.Module:
        """A module (x, y=None) -> {"score": (N,), "features": (N, F), and each head: (N, width)}."""
        ...


@dataclass
class Player:
    """One network, what trains beside it, and how they move."""

    net: nn.Module
    optimizer: torch.optim.Optimizer
    params: list[nn.Parameter]
    grads: list[Tensor]
    """One a parameter, with its strides: views of `flat`, and the parameters' `.grad`."""
    flat: Tensor
    """Every gradient of this player in one buffer."""
    companions: nn.ModuleDict = field(default_factory=nn.ModuleDict)
    """What trains beside the network, by name. Their parameters come after its own."""
