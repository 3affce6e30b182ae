"""Random augmentations of a batch: each sample gets its own draw. All can be differentiated twice.

Their strengths are numbers, or 0-dim tensors on the device of the samples where they change over a run.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

ImageOperation = Callable[[Tensor], Tensor]
Strength = float | Tensor


def policy(colour: Strength, translation: Strength, cutout: Strength) -> list[ImageOperation]:
    """The augmentations of DiffAugment (Zhao et al. 2020) at these strengths, in this order; 0 leaves one out."""
    steps = [(color, colour), (translate, translation), (cut_out, cutout)]
    # a tensor is always used: to ask whether it is 0 would wait for the device
    return [
        partial(augment, strength=strength) for augment, strength in steps if isinstance(strength, Tensor) or strength
    ]


def perturb(x: Tensor, shift: Strength, flip: bool, jitter: Strength) -> Tensor:
    """Shift images (N, C, H, W) and mirror half of them if `flip`; add Gaussian noise of σ `jitter` to other data."""
    if x.dim() != 4:
        return x + jitter * torch.randn_like(x)
    x = translate(x, shift)
    return torch.where(_uniform(x) < 0.5, x.flip(-1), x) if flip else x


def color(x: Tensor, strength: Strength) -> Tensor:
    """Change the brightness (x + u), saturation (by 1 + 2u) and contrast (by 1 + u) of images, |u| <= strength / 2.

    Images are (N, C, H, W). Saturation has no effect where C is 1.
    """
    brightness, saturation, contrast = (strength * (_uniform(x) - 0.5) for _ in range(3))
    x = x + brightness
    x = torch.lerp(x.mean(1, keepdim=True), x, 1 + 2 * saturation)
    return torch.lerp(x.mean((1, 2, 3), keepdim=True), x, 1 + contrast)


def translate(x: Tensor, strength: Strength) -> Tensor:
    """Shift images (N, C, H, W) by up to this share of each side; uncovered pixels become 0."""
    for axis in (2, 3):
        size = x.shape[axis]
        limit = _pixels(size, strength)
        source = torch.arange(size, device=x.device) + _integers(x, -limit, limit + 1)
        shape = (-1, 1, size, 1) if axis == 2 else (-1, 1, 1, size)
        inside = ((source >= 0) & (source < size)).view(shape)
        x = torch.take_along_dim(x, source.clamp(0, size - 1).view(shape), axis) * inside
    return x


def cut_out(x: Tensor, strength: Strength) -> Tensor:
    """Set a rectangle of images (N, C, H, W) to 0: this share of each side, centred on a random pixel."""
    rows, columns = (_covered(x, size, strength) for size in x.shape[2:])
    return x * ~(rows[:, None, :, None] & columns[:, None, None, :])


def _covered(x: Tensor, size: int, share: Strength) -> Tensor:
    """(N, size) bool: a random interval, `share` of a side long."""
    length = _pixels(size, share)
    start = _integers(x, 0, size + 1 - length % 2) - length // 2
    position = torch.arange(size, device=x.device)
    return (position >= start) & (position < start + length)


def _uniform(x: Tensor) -> Tensor:
    """(N, 1, 1, 1) in [0, 1)."""
    return torch.rand(len(x), 1, 1, 1, dtype=x.dtype, device=x.device)


def _pixels(size: int, share: Strength) -> int | Tensor:
    """This share of a side, rounded to whole pixels."""
    return (size * share + 0.5).long() if isinstance(share, Tensor) else int(size * share + 0.5)


def _integers(x: Tensor, low: int | Tensor, high: int | Tensor) -> Tensor:
    """(N, 1) in [low, high)."""
    if not isinstance(low, Tensor) and not isinstance(high, Tensor):
        return torch.randint(low, high, (len(x), 1), device=x.device)
    # `randint` takes no tensors; the largest draw is 1 - 2⁻²⁴, so that no product is rounded up to `high`
    return low + (torch.rand(len(x), 1, dtype=torch.float32, device=x.device) * (high - low)).long()
