"""Normalisation of each sample by itself."""

from torch import nn


def normalisation(kind, channels):
    """A layer for maps (N, channels, H, W); kind is "instance", "layer" or "none"."""
    if kind == "none":
        return nn.Identity()
    return nn.GroupNorm(1, channels) if kind == "layer" else nn.InstanceNorm2d(channels, affine=True)
