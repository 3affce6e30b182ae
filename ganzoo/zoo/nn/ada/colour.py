"""Colour transformations. The mean of a pixel's channels is its luma, and what they differ by from it is its chroma."""

from __future__ import annotations

import torch
from torch import Tensor

from ganzoo.zoo.nn.ada.draws import integers, normal, sometimes, uniform

BRIGHTNESS, CONTRAST, SATURATION = 0.2, 0.5, 1.0
"""Standard deviations: of what is added, and of the binary logarithms of two factors."""


def recolour(x: Tensor, p: Tensor) -> Tensor:
    """Change brightness, contrast, the sign of luma, hue and saturation of images (N, C, H, W).

    Where C is 1 there is no chroma, as in the paper's code. Hue is a rotation around the luma axis, so that it exists
    for three channels only; with any other number of them, hue stays, and the rest is the same.
    """
    added = BRIGHTNESS * sometimes(p, normal(x))
    factor = (CONTRAST * sometimes(p, normal(x))).exp2()
    sign = 1 - 2 * sometimes(p, integers(x, 0, 2))
    angle = torch.pi * sometimes(p, uniform(x))
    saturation = (SATURATION * sometimes(p, normal(x))).exp2()
    return transform_colours(x, added, factor, sign, angle, saturation)


def transform_colours(
    x: Tensor, added: Tensor, factor: Tensor, sign: Tensor, angle: Tensor, saturation: Tensor
) -> Tensor:
    """(x + added) factor; luma times the sign; chroma turned by the angle, times the saturation. All are (N,)."""
    channels = x.shape[1]
    luma = torch.full((channels, channels), 1 / channels, device=x.device, dtype=x.dtype)
    chroma = torch.eye(channels, device=x.device, dtype=x.dtype) - luma
    added, factor, sign, angle, saturation = (
        value[:, None, None] for value in (added, factor, sign, angle, saturation)
    )
    turned = angle.cos() * chroma + angle.sin() * _quarter_turn(chroma) if channels == 3 else chroma
    matrix = factor * (sign * luma + saturation * turned)
    return torch.baddbmm(sign * factor * added, matrix, x.flatten(2)).view_as(x)


def _quarter_turn(chroma: Tensor) -> Tensor:
    """(3, 3): the cross product with the luma axis (1, 1, 1) / √3."""
    return (chroma.roll(-2, 0) - chroma.roll(-1, 0)) / 3**0.5
