"""Building blocks of networks: what the built-in architectures share, for authors of others, as `ganzoo.nn`."""

from ganzoo.zoo.nn.base_networks import Discriminator, Generator, Heads, init_normal
from ganzoo.zoo.nn.checks import check_supported, square_side
from ganzoo.zoo.nn.conditioning import (
    ConcatGiven,
    ConcatLabels,
    LabelledLayer,
    Layers,
    condition_input,
    condition_width,
)
from ganzoo.zoo.nn.norm import ConditionalNorm, choose_norm, norm_classes, norm_layer

__all__ = [
    "ConcatGiven",
    "ConcatLabels",
    "ConditionalNorm",
    "Discriminator",
    "Generator",
    "Heads",
    "LabelledLayer",
    "Layers",
    "check_supported",
    "choose_norm",
    "condition_input",
    "condition_width",
    "init_normal",
    "norm_classes",
    "norm_layer",
    "square_side",
]
