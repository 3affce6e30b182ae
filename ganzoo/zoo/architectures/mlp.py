"""Fully connected networks."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Annotated

from msgspec import Meta
from torch import nn

from ganzoo.interfaces.bounds import Width
from ganzoo.interfaces.networks import NetSpec
from ganzoo.zoo.nn.base_networks import Discriminator, Generator, Heads
from ganzoo.zoo.nn.checks import check_supported
from ganzoo.zoo.nn.conditioning import Layers, condition_input, condition_width
from ganzoo.zoo.nn.norm import AutoNorm, Norm, choose_norm, norm_classes, norm_layer


@dataclass
class MLP:
    """Hidden layers of equal width, ReLU in G and leaky ReLU in D, for any data (Goodfellow et al. 2014)."""

    width: Width = 128
    """Units of each hidden layer."""
    depth: Width = 3
    """Hidden layers of each network."""
    norm: AutoNorm = "none"
    """D's normalisation; `auto` is `batch`, or `none` if a term needs D to judge each sample alone."""
    g_norm: Norm = "none"
    """G's normalisation."""
    dropout: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    """Probability with which a hidden unit of D is dropped in training."""

    def generator(self, spec: NetSpec) -> nn.Module:
        """z (N, latent) -> (N, *shape)."""
        check_supported(spec, "mlp", "g")
        return relu_generator(spec, self.width, self.depth, self.g_norm)

    def discriminator(self, spec: NetSpec) -> nn.Module:
        """x (N, *shape) -> score, features, heads."""
        check_supported(spec, "mlp", "d")
        kind, inputs = choose_norm(self.norm, spec), prod(spec.shape) + condition_width(spec)
        layers = [nn.Flatten(), *condition_input(spec)]
        for i in range(self.depth):
            layers += [nn.Linear(self.width if i else inputs, self.width)]
            layers += [norm_layer(kind, self.width, 0), nn.LeakyReLU(0.2)]
            layers += [nn.Dropout(self.dropout)] if self.dropout else []
        return Discriminator(Layers(*layers), Heads(spec, (self.width,)))


def relu_generator(spec: NetSpec, width: int, depth: int, norm: Norm) -> Generator:
    """G of `depth` hidden layers of `width` ReLU units; tanh at the end for images."""
    inputs, classes = spec.latent + condition_width(spec), norm_classes(norm, spec)
    layers: list[nn.Module] = []
    for i in range(depth):
        layers += [nn.Linear(width if i else inputs, width, bias=norm != "batch")]
        layers += [norm_layer(norm, width, 0, classes), nn.ReLU()]
    layers += [nn.Linear(width, prod(spec.shape)), nn.Unflatten(1, spec.shape)]
    return Generator(spec, *layers, *([nn.Tanh()] if len(spec.shape) == 3 else []))
