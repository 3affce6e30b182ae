"""Sliced Wasserstein distance: of patches of images (Karras et al. 2018, arXiv:1710.10196), and of others."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ganzoo.interfaces.bounds import Count
from ganzoo.interfaces.scores import Score
from ganzoo.support.seeds import seed_of
from ganzoo.zoo.metrics.base import Evaluation, SampleSet
from ganzoo.zoo.metrics.baselines import common_n, undefined, with_baselines

PATCH, COARSEST, ROUND = 7, 16, 32
"""Side of a patch in pixels; side of the smallest level of larger images; projections at a time."""
BATCH, MAX_IMAGES = 1_024, 2_048
"""Images at a time, and in all: their patches are held in memory. The paper's 16,384 would take 16 GB."""
TAPS = torch.tensor([1.0, 4, 6, 4, 1]) / 16
"""The pyramid's filter (Burt, Adelson 1983)."""


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
    """Images (N, C, H, W) under the filter of the pyramid, mirrored at the border."""
    channels, taps = x.shape[1], TAPS.to(x) * math.sqrt(gain)
    rows, columns = (taps.reshape(shape).expand(channels, *shape) for shape in ((1, 5, 1), (1, 1, 5)))
    x = F.conv2d(F.pad(x, (0, 0, 2, 2), mode="reflect"), rows, groups=channels)
    return F.conv2d(F.pad(x, (2, 2, 0, 0), mode="reflect"), columns, groups=channels)


def pyramid(x: Tensor) -> Iterator[Tensor]:
    """The Laplacian pyramid of (N, C, H, W), fine to coarse: what each halving loses, and the rest at 16 pixels."""
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
    batches = [
        [_patches(level, patches, generator) for level in pyramid(batch.float())] for batch in torch.split(x, BATCH)
    ]
    return [_normalised(torch.cat(level)) for level in zip(*batches, strict=True)]


def _patches(x: Tensor, patches: int, generator: torch.Generator) -> Tensor:
    """(N * patches, C, 7, 7) from anywhere in (N, C, H, W)."""
    windows = x.unfold(2, PATCH, 1).unfold(3, PATCH, 1)  # (N, C, rows, columns, 7, 7), a view
    n, _, rows, columns = windows.shape[:4]
    i, j = (torch.randint(size, (n, patches), generator=generator) for size in (rows, columns))
    return windows[torch.arange(n)[:, None], :, i, j].flatten(0, 1)


def _normalised(x: Tensor) -> Tensor:
    mean, deviation = x.mean((0, 2, 3), keepdim=True), x.std((0, 2, 3), keepdim=True)
    return ((x - mean) / deviation.clamp(min=1e-8)).flatten(1)


@dataclass
class SWD:
    """The mean distance between sorted projections on random directions of samples and of as many real ones.

    Images: of 7 x 7 patches at each level of the Laplacian pyramid, as `swd.<pixels>`, times 1,000 as the paper prints
    it, and their mean `swd`. Each channel of each set is brought to mean 0 and deviation 1, so that brightness and
    contrast do not matter. Levels halve down to 16 pixels; smaller images have one. Other data, such as points: of
    the samples themselves, in their own units.
    """

    projections: Count = 512
    """Random directions, as in the paper."""
    patches: Count = 128
    """Of each image, as in the paper."""

    better = {"swd": "lower"}

    def __call__(self, e: Evaluation) -> list[Score]:
        """The protocol names the reference, n of each, directions and patches."""
        images = e.data.kind == "image"
        n = min(common_n(e), MAX_IMAGES) if images else common_n(e)
        protocol = f"ref={e.reference('train')},n={n},projections={self.projections}"
        protocol += f",patches={self.patches}" if images else ""
        if n < 2:
            return undefined(protocol, "swd")
        real = e.training_samples(n)
        real_levels = e.cached(("swd", protocol), lambda: descriptors(real.x, self.patches)) if images else []

        def measure(samples: SampleSet) -> dict[str, float]:
            if not images:
                a, b = (each.x.flatten(1).double() for each in (samples, real))
                return {"swd": wasserstein(a, b, self.projections)}
            levels = zip(descriptors(samples.x, self.patches), real_levels, strict=True)
            values = [1e3 * wasserstein(a, b, self.projections) for a, b in levels]
            sides = (e.data.shape[1] >> level for level in range(len(values)))
            named = {f"swd.{side}": value for side, value in zip(sides, values, strict=True)} if len(values) > 1 else {}
            return {"swd": sum(values) / len(values), **named}

        return with_baselines(e, n, protocol, measure)
