"""Networks: the specs that they are built from, and the players that train them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import torch
from torch import Tensor, nn


@dataclass
class Companion:
    """A network that trains with another: the same optimizer steps update both."""

    build: Callable[[], nn.Module]
    """Called once G and D are built."""
    averaged: bool = False
    """True: samples come from it or are made of it. As of G, the moving average of its weights is kept and shown."""
    judge: bool = False
    """True: it judges samples. What is done to D's layers, as by sn, is done to its own; it may use BatchNorm."""
    pace: float = 1.0
    """Its learning rate, as a multiple of its player's. Any module of a network may also have an attribute `pace`."""


@dataclass
class NetSpec:
    """What the builder of one network needs to know. Terms may edit it in `prepare`, before the network is built."""

    shape: tuple[int, ...]
    """Of one sample: (C, H, W) for images, (2,) for points, (T, C) for sequences."""
    latent: int = 64
    """Width of z."""
    labels: int = 0
    """Classes that the data has. For information: it does not make a network conditional."""
    source: tuple[int, ...] | None = None
    """Shape of what the data gives with a sample, such as an image to translate. For information."""
    paired: bool = True
    """Whether what is given belongs to the sample; otherwise the two are drawn independently. For information."""
    classes: int = 0
    """> 0: this network takes labels y, of so many classes."""
    given: tuple[int, ...] | None = None
    """Not None: this network takes what is given, of this shape. Set in `prepare`, or by a builder of networks that are
    made for it."""
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
    companions: dict[str, Companion | Callable[[], nn.Module]] = field(default_factory=dict)
    """Modules that train with this network: name -> `Companion`, or a builder alone."""
    chosen: dict[str, str] = field(default_factory=dict)
    """Written by the builder: what it chose where an option left it open. Printed and recorded."""
    build: Callable[[NetSpec], nn.Module] | None = field(default=None, repr=False, compare=False)
    """The builder of this network. Set by the trainer."""

    def another(self, **changes: Any) -> Callable[[], nn.Module]:
        """A builder of one more such network, whose spec differs in `changes`: `d.another(shape=(1, 32, 32))`.

        Shapes among the changes are those of one sample, also where D judges several together.
        """

        def build() -> nn.Module:
            assert self.build is not None
            sizes: dict[str, Any] = {
                name: _of_group(changes[name], self.group) for name in ("shape", "given") if name in changes
            }
            more: dict[str, Any] = {"companions": {}, "chosen": {}, **changes, **sizes}
            return self.build(replace(self, **more))

        return build


def _of_group(shape: tuple[int, ...] | None, group: int) -> tuple[int, ...] | None:
    """The shape of so many samples that D judges together, as channels of one."""
    return shape and (group * shape[0], *shape[1:])


class Architecture(Protocol):
    """A dataclass whose fields are its options.

    A module, or one inside it, that the builder gives an attribute `pace` learns at so many times its player's learning
    rate, as StyleGAN's mapping at 0.01. Those of nested modules multiply.
    """

    def generator(self, spec: NetSpec) -> nn.Module:
        """A module (z of (N, latent), y=None) -> (N, *shape): images in [-1, 1], other data as `encode` gives it.

        If the spec has `given` when it is built, the module takes it as its third argument, (N, *given).
        """
        ...

    def discriminator(self, spec: NetSpec) -> nn.Module:
        """A module (x, y=None) -> {"score": (N,), "features": (N, F), and each head: (N, width)}.

        It takes `given` as G does. A score may be a map of patches, (N, ...).
        """
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
    judging: frozenset[str] = frozenset()
    """Names of the companions that judge samples."""

    @property
    def judges(self) -> list[nn.Module]:
        """The network, and the companions that judge too."""
        return [self.net, *(self.companions[name] for name in sorted(self.judging))]
