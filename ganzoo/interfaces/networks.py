"""Networks: the specs that they are built from, and the players that train them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor, nn


@dataclass
class NetSpec:
    """What the builder of one network needs to know. Terms may edit it in `prepare`, before the network is built."""

    shape: tuple[int, ...]
    """Of one sample: (C, H, W) for images, (2,) for points, (T, C) for sequences."""
    latent: int = 64
    """Width of z."""
    labels: int = 0
    """Classes that the data has. For information: it does not make a network conditional."""
    classes: int = 0
    """> 0: this network takes labels y, of so many classes."""
    label: str = "concat"
    """How y enters: "concat", joined to the input; "norm", gain and bias of G's norms; "projection", in D's score."""
    heads: dict[str, int] = field(default_factory=dict)
    """Outputs of D beside the score: name -> width."""
    tail: list[Callable[[], nn.Module]] = field(default_factory=list)
    """Layers that D puts just before its heads."""
    batch_norm: bool = True
    """False: no normalisation over the batch, because a term needs each sample's own gradient."""
    batch: int = 0
    """Samples in a shard of a move. For information; 0: not known."""
    group: int = 1
    """Samples that D judges together; the batch is a multiple of it."""
    needs: set[str] = field(default_factory=set)
    """Unusual requirements of a loss; a builder raises `Incompatible` for a need that it does not know."""
    companions: dict[str, Callable[[], nn.Module]] = field(default_factory=dict)
    """Modules that train with this network: name -> builder. They are not averaged, and must not use BatchNorm."""
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
    """One network with its companions, and their optimizer."""

    net: nn.Module
    optimizer: torch.optim.Optimizer
    params: list[nn.Parameter]
    grads: list[Tensor]
    """One a parameter, with its strides: views of `flat`, and the parameters' `.grad`."""
    flat: Tensor
    """Every gradient of this player in one buffer."""
    companions: nn.ModuleDict = field(default_factory=nn.ModuleDict)
    """Modules that train with the network, by name. Their parameters follow its own."""
