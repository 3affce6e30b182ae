"""Fully connected networks."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Annotated

from msgspec import Meta
from torch import nn

from ganzoo.interfaces.bounds import Width
from ganzoo.interfaces.networks import NetSpec
from ganzoo.zoo.nn.heads import Heads
from ganzoo.zoo.nn.labels import Layers, code_width, concat
from ganzoo.zoo.nn.norm import AutoNorm, Norm, choose_norm, norm, norm_classes
from ganzoo.zoo.nn.players import Discriminator, Generator
from ganzoo.zoo.nn.refusal import refuse_unknown


@dataclass
class MLP:
    """Hidden layers of one width, ReLU in G and leaky ReLU in D, for points and images (Goodfellow et al. 2014)."""

    width: Width = 128
    """Units of each hidden layer."""
    depth: Width = 3
    """Hidden layers of each network."""
    norm: AutoNorm = "none"
    """D's normalisation; auto is batch unless a term looks at each sample alone."""
    g_norm: Norm = "none"
    """G's normalisation."""
    dropout: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    """Share of D's hidden units left out in training."""

    def generator(self, spec: NetSpec) -> nn.Module:
        """z (N, latent) -> (N, *shape)."""
        refuse_unknown(spec, "mlp", "g")
        inputs, classes = spec.latent + code_width(spec), norm_classes(self.g_norm, spec)
        layers: list[nn.Module] = []
        for i in range(self.depth):
            layers += [nn.Linear(self.width if i else inputs, self.width, bias=self.g_norm != "batch")]
            layers += [norm(self.g_norm, self.width, 0, classes), nn.ReLU()]
        layers += [nn.Linear(self.width, prod(spec.shape)), nn.Unflatten(1, spec.shape)]
        return Generator(spec, *layers, *([nn.Tanh()] if len(spec.shape) == 3 else []))

    def discriminator(self, spec: NetSpec) -> nn.Module:
        """x (N, *shape) -> score, features, heads."""
        refuse_unknown(spec, "mlp", "d")
        kind, inputs = choose_norm(self.norm, spec), prod(spec.shape) + code_width(spec)
        layers = [nn.Flatten(), *concat(spec)]
        for i in range(self.depth):
            layers += [nn.Linear(self.width if i else inputs, self.width)]
            layers += [norm(kind, self.width, 0), nn.LeakyReLU(0.2)]
            layers += [nn.Dropout(self.dropout)] if self.dropout else []
        return Discriminator(Layers(*layers), Heads(spec, (self.width,)))
