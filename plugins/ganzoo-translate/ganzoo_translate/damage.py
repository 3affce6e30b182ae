"""What is done to images: uint8 (N, C, H, W) in levels 0 to 255."""

from math import pi, sqrt

import torch
from torch.nn.functional import conv2d, interpolate, pad

MISSING = 128
"""The level of a pixel that is missing."""
BENDS = 8
LENGTH, THINNEST, THICKEST = 40 / 256, 10 / 256, 24 / 256
"""Of a stroke between bends at most, and its thickness, as shares of a side."""
ANGLE, CHANGE = 2 * pi / 5, 2 * pi / 15
"""The mean angle of a bend, and by how much it differs at most (Yu et al. 2019)."""
LUMA = (0.299, 0.587, 0.114)
"""Of red, green and blue (ITU-R BT.601)."""
AT_ONCE = 500
"""Masks that are drawn at a time."""


def levels(x):
    """Numbers -> uint8."""
    return x.round().clamp(0, 255).to(torch.uint8)


def smaller(x, factor):
    """By bicubic interpolation without aliasing, a = -1/2, as Pillow and Matlab do. Raises `ValueError`."""
    if any(side % factor for side in x.shape[2:]):
        raise ValueError(f"images of {x.shape[3]} x {x.shape[2]} are no multiple of {factor}; resize them first")
    return bicubic(x, [side // factor for side in x.shape[2:]])


def bicubic(x, size):
    """Images of another size, uint8."""
    parts = (interpolate(part.float(), size, mode="bicubic", antialias=True) for part in x.split(10_000))
    return torch.cat([levels(part) for part in parts])


def grey(x):
    """(N, 1, H, W): the luma. Raises `ValueError` for images without colours."""
    if x.shape[1] != 3:
        raise ValueError(f"images have {x.shape[1]} channel(s), but 3 are needed to take colours away; use colour data")
    weights = torch.tensor(LUMA).reshape(3, 1, 1)
    return levels((x * weights).sum(1, keepdim=True))


def blurred(x, sigma):
    """Convolved with a Gaussian, borders reflected. Raises `ValueError` where it is wider than the image."""
    radius = int(3 * sigma + 0.5)
    if radius >= min(x.shape[2:]):
        raise ValueError(f"a blur of {sigma} pixels is wider than images of {x.shape[3]} x {x.shape[2]}; lower it")
    kernel = torch.exp(-(torch.arange(-radius, radius + 1) / sigma).square() / 2)
    kernel = (kernel / kernel.sum()).reshape(1, 1, -1)
    single = x.reshape(-1, 1, *x.shape[2:]).float()
    single = conv2d(pad(single, [radius] * 4, mode="reflect"), kernel[..., None, :])
    return levels(conv2d(single, kernel[..., None]).reshape(x.shape))


def noisy(x, sigma, random):
    """With Gaussian noise, rounded and clamped."""
    return levels(x + sigma * torch.randn(x.shape, generator=random))


def without(x, missing):
    """(N, C + 1, H, W): missing pixels are grey, and white in the last channel, which is black elsewhere."""
    return torch.cat([torch.where(missing, MISSING, x).to(torch.uint8), 255 * missing.to(torch.uint8)], 1)


def square(x, share, random=None):
    """(N, 1, H, W) bool: a square, or rectangle of the image's form; centred, or anywhere if `random` is given."""
    (height, width), n = x.shape[2:], len(x)
    sides = [max(1, round(side * sqrt(share))) for side in (height, width)]
    inside = []
    for whole, side in zip((height, width), sides, strict=True):
        first = torch.full((n,), (whole - side) // 2)
        if random is not None:
            first = torch.randint(whole - side + 1, (n,), generator=random)
        place = torch.arange(whole)
        inside.append((place >= first[:, None]) & (place < first[:, None] + side))
    return (inside[0][:, :, None] & inside[1][:, None, :])[:, None]


def strokes(x, number, random):
    """(N, 1, H, W) bool: free-form strokes (Yu et al. 2019, arXiv:1806.03589, supplementary material)."""
    sizes = [len(part) for part in x.split(AT_ONCE)]
    return torch.cat([_strokes(n, number, x.shape[2:], random) for n in sizes])


def _strokes(n, number, size, random):
    """Each stroke starts anywhere and bends left and right in turn; all that is near its lines is missing."""

    def uniform(*shape):
        return torch.rand(n, number, *shape, generator=random)

    scale = torch.tensor(size, dtype=torch.float32)
    bends = torch.randint(1, BENDS + 1, (n, number, 1), generator=random)
    angles = ANGLE + CHANGE * (2 * uniform(BENDS) - 1)
    angles[..., 1::2] = 2 * pi - angles[..., 1::2]
    angles += 2 * pi * uniform(1)  # the paper's strokes all start in like directions
    lengths = LENGTH * uniform(BENDS) * (torch.arange(BENDS) < bends)
    steps = torch.stack([lengths * angles.sin(), lengths * angles.cos()], -1)
    ends = uniform(1, 2) + torch.cat([torch.zeros(n, number, 1, 2), steps.cumsum(2)], 2)
    thickness = THINNEST + (THICKEST - THINNEST) * uniform()
    centres = torch.stack(torch.meshgrid(*((torch.arange(s) + 0.5) / s for s in size), indexing="ij"), -1)
    missing = torch.zeros(n, *size, dtype=torch.bool)
    for stroke in range(number):
        for bend in range(BENDS):
            start, step = (t[:, stroke, bend, None, None] for t in (ends, steps))
            along = ((centres - start) * step).sum(-1) / step.square().sum(-1).clamp(min=1e-12)
            away = centres - start - along.clamp(0, 1)[..., None] * step
            near = (away * scale / scale.max()).norm(dim=-1)
            missing |= near <= thickness[:, stroke, None, None].clamp(min=1 / scale.max()) / 2
    return missing[:, None]
