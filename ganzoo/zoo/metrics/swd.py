"""Sliced Wasserstein distance: of patches of images (Karras et al. 2018, arXiv:1710.10196), and of points."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ganzoo.interfaces.bounds import Count
from ganzoo.support.seeds import seed_of
from ganzoo.zoo.metrics.base import Evaluation
from ganzoo.zoo.metrics.baselines import Values, beside, equal, unknown
from ganzoo.zoo.metrics.sample_set import Measured

PATCH, COARSEST, ROUND = 7, 16, 32
"""Pixels of a patch's side; of the smallest level, where images are larger; projections at a time."""
SAMPLES, MOST = 1_024, 2_048
"""Images at a time, and in all: their patches are held together. The paper's 16,384 would take 16 GB."""
TAPS = torch.tensor([1.0, 4, 6, 4, 1]) / 16
"""Of the pyramid's filter (Burt, Adelson 1983)."""


def wasserstein(a: Tensor, b: Tensor, projections: int) -> float:
    """Mean over random directions of the 1-Wasserstein distance between projections of (N, D) and (N, D), equal N."""
    generator, total = torch.Generator().manual_seed(seed_of("swd", a.shape[1])), 0.0
    for start in range(0, projections, ROUND):
        directions = torch.randn(min(ROUND, projections - start), a.shape[1], generator=generator, dtype=a.dtype)
        directions /= directions.norm(dim=1, keepdim=True)
        sorted_a, sorted_b = (np.sort((directions @ x.T).numpy()) for x in (a, b))  # several times torch's speed
        total += float(np.abs(sorted_a - sorted_b).mean(1, dtype=np.float64).sum())
    return total / projections


def blur(x: Tensor, gain: float = 1.0) -> Tensor:
    """(N, C, H, W) through the filter of the pyramid, mirrored at the border."""
    channels, taps = x.shape[1], TAPS.to(x) * math.sqrt(gain)
    rows, columns = (taps.reshape(shape).expand(channels, *shape) for shape in ((1, 5, 1), (1, 1, 5)))
    x = F.conv2d(F.pad(x, (0, 0, 2, 2), mode="reflect"), rows, groups=channels)
    return F.conv2d(F.pad(x, (2, 2, 0, 0), mode="reflect"), columns, groups=channels)


def pyramid(x: Tensor) -> Iterator[Tensor]:
    """The Laplacian pyramid of (N, C, H, W), fine to coarse: what each halving loses, and what remains at 16 pixels."""
    while min(x.shape[2:]) >= 2 * COARSEST and not any(side % 2 for side in x.shape[2:]):
        smaller = blur(x)[:, :, ::2, ::2]
        spread = torch.zeros_like(x)
        spread[:, :, ::2, ::2] = smaller
        yield x - blur(spread, gain=4.0)
        x = smaller
    yield x


def descriptors(x: Tensor, patches: int) -> list[Tensor]:
    """For each level the (N * patches, 49 C) pixels of random patches, of mean 0 and deviation 1 for each channel."""
    generator = torch.Generator().manual_seed(seed_of("patches"))
    parts = [
        [_patches(level, patches, generator) for level in pyramid(part.float())] for part in torch.split(x, SAMPLES)
    ]
    return [_normal(torch.cat(level)) for level in zip(*parts, strict=True)]


def _patches(x: Tensor, patches: int, generator: torch.Generator) -> Tensor:
    """(N * patches, C, 7, 7) from anywhere in (N, C, H, W)."""
    windows = x.unfold(2, PATCH, 1).unfold(3, PATCH, 1)  # (N, C, rows, columns, 7, 7), a view
    n, _, rows, columns = windows.shape[:4]
    i, j = (torch.randint(size, (n, patches), generator=generator) for size in (rows, columns))
    return windows[torch.arange(n)[:, None], :, i, j].flatten(0, 1)


def _normal(x: Tensor) -> Tensor:
    mean, deviation = x.mean((0, 2, 3), keepdim=True), x.std((0, 2, 3), keepdim=True)
    return ((x - mean) / deviation.clamp(min=1e-8)).flatten(1)


@dataclass
class SWD:
    """How far sorted projections on random directions lie apart, on average: samples against as many real ones.

    Images: of 7 x 7 patches at each level of the Laplacian pyramid, as `swd.<pixels>`, times 1,000 as the paper prints
    it, and their mean `swd`. Each channel of each set is brought to mean 0 and deviation 1, so that brightness and
    contrast do not count. Levels halve down to 16 pixels; smaller images have one. Points: of the points themselves, in
    their own units.
    """

    projections: Count = 512
    """Random directions, as in the paper."""
    patches: Count = 128
    """Of each image, as in the paper."""

    better: ClassVar[Mapping[str, str]] = {"swd": "lower"}

    def __call__(self, e: Evaluation) -> Values:
        """Keys name the split compared with, n of each, directions and patches."""
        points = e.data.kind == "points"
        n = equal(e) if points else min(equal(e), MOST)
        protocol = f"ref={e.reference('train')},n={n},projections={self.projections}"
        protocol += "" if points else f",patches={self.patches}"
        if n < 2:
            return unknown(protocol, "swd")
        real = e.reals(n)
        levels = [real.x] if points else e.once(("swd", protocol), lambda: descriptors(real.x, self.patches))

        def measure(m: Measured) -> dict[str, float]:
            if points:
                return {"swd": wasserstein(m.x.double(), real.x.double(), self.projections)}
            pairs = zip(descriptors(m.x, self.patches), levels, strict=True)
            found = [1e3 * wasserstein(a, b, self.projections) for a, b in pairs]
            side = e.data.shape[1]
            named = {f"swd.{side >> level}": value for level, value in enumerate(found)} if len(found) > 1 else {}
            return {"swd": sum(found) / len(found), **named}

        return beside(e, n, protocol, measure)
