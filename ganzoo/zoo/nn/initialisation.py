"""Initial weights."""

from __future__ import annotations

from typing import TypeVar

from torch import nn

Net = TypeVar("Net", bound=nn.Module)


def init_normal(net: Net, std: float = 0.02) -> Net:
    """Draw weights of linear and convolutional layers from N(0, std²) (Radford, Metz, Chintala 2016, section 4)."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(module.weight, 0.0, std)
    return net
