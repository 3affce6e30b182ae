"""Random changes of a batch, one of its own for each sample. All can be differentiated twice."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

Augment = Callable[[Tensor], Tensor]


def policy(colour: float, translation: float, cutout: float) -> list[Augment]:
    """Those of `color`, `translate` and `cut` that are not switched off by a zero, in this order."""
    every = [(color, colour), (translate, translation), (cut, cutout)]
    return [partial(augment, strength=strength) for augment, strength in every if strength]


def sometimes(augment: Augment, p: Tensor) -> Augment:
    """`augment` on each sample with probability p, a 0-dim tensor."""
    return lambda x: torch.where(_uniform(x) < p, augment(x), x)


def perturb(x: Tensor, shift: float, flip: bool, jitter: float) -> Tensor:
    """Images (N, C, H, W) are shifted and, if asked, mirrored; anything else moves by Gaussian noise of σ `jitter`."""
    if x.dim() != 4:
        return x + jitter * torch.randn_like(x)
    x = translate(x, shift)
    return torch.where(_uniform(x) < 0.5, x.flip(-1), x) if flip else x


def color(x: Tensor, strength: float) -> Tensor:
    """Brightness, saturation and contrast of images (N, C, H, W): + u, x (1 + 2u) and x (1 + u), |u| <= strength / 2.

    Saturation does nothing to one channel.
    """
    brightness, saturation, contrast = (strength * (_uniform(x) - 0.5) for _ in range(3))
    x = x + brightness
    x = torch.lerp(x.mean(1, keepdim=True), x, 1 + 2 * saturation)
    return torch.lerp(x.mean((1, 2, 3), keepdim=True), x, 1 + contrast)


def translate(x: Tensor, strength: float) -> Tensor:
    """Shift images by up to this share of each side; what comes in is 0."""
    for axis in (2, 3):
        size = x.shape[axis]
        most = int(size * strength + 0.5)
        source = torch.arange(size, device=x.device) + _integers(x, -most, most + 1)
        shape = (-1, size, 1) if axis == 2 else (-1, 1, size)
        inside = ((source >= 0) & (source < size)).view(-1, 1, *shape[1:])
        x = torch.take_along_dim(x, source.clamp(0, size - 1).view(-1, 1, *shape[1:]), axis) * inside
    return x


def cut(x: Tensor, strength: float) -> Tensor:
    """Set a rectangle of this share of each side to 0; its centre is anywhere in the image."""
    rows, columns = (_covered(x, size, strength) for size in x.shape[2:])
    return x * ~(rows[:, None, :, None] & columns[:, None, None, :])


def _covered(x: Tensor, size: int, share: float) -> Tensor:
    """(N, size) bool: a stretch of `share` of a side."""
    length = int(size * share + 0.5)
    start = _integers(x, 0, size + 1 - length % 2) - length // 2
    at = torch.arange(size, device=x.device)
    return (at >= start) & (at < start + length)


def _uniform(x: Tensor) -> Tensor:
    """(N, 1, 1, 1) in [0, 1)."""
    return torch.rand(len(x), 1, 1, 1, dtype=x.dtype, device=x.device)


def _integers(x: Tensor, low: int, high: int) -> Tensor:
    """(N, 1) in [low, high)."""
    return torch.randint(low, high, (len(x), 1), device=x.device)
