"""Features of images without a judge: convolutions with fixed random weights."""

from __future__ import annotations

import hashlib
import math
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional as F

from ganzoo.zoo.judges.judge import apply_in_batches

FIRST, CHANNELS = 16, 32
SCALE = 100.0
"""Factor of the features, chosen so that FIDs have a familiar size: a floor of about 1."""


def random_filters(channels: int, layers: int) -> list[Tensor]:
    """Filters of unit norm, one tensor per layer, always the same."""
    generator = torch.Generator().manual_seed(0)
    widths = [channels, FIRST] + [CHANNELS] * (layers - 1)
    filters = [torch.randn(outputs, inputs, 3, 3, generator=generator) for inputs, outputs in pairwise(widths)]
    return [w / w.flatten(1).norm(dim=1).reshape(-1, 1, 1, 1) for w in filters]


class RandConv:
    """64 features: mean and standard deviation of each channel after random convolutions.

    The convolutions halve images (C, H, W) of the given `shape`, H and W at least 8, to about 4x4; one more follows.
    The key holds a hash of the weights, so a random generator that draws others gives another key.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.halvings = int(math.log2(min(shape[1:]) / 4))
        self.filters = random_filters(shape[0], self.halvings + 1)
        digest = hashlib.sha256(b"".join(w.numpy().tobytes() for w in self.filters))
        self.key = f"randconv-v1@{digest.hexdigest()[:8]}"

    def __call__(self, x: Tensor) -> Tensor:
        """uint8 (N, C, H, W) -> (N, 64) float32."""
        return apply_in_batches(self._features, x)

    def _features(self, x: Tensor) -> Tensor:
        for i, weight in enumerate(self.filters):
            padded = F.pad(x, (1, 1, 1, 1), mode="reflect")  # zeros would look like an edge
            x = F.leaky_relu_(F.conv2d(padded, weight, stride=2 if i < self.halvings else 1), 0.2)
        maps = x.flatten(2)
        return torch.cat([maps.mean(2), maps.std(2)], dim=1) * SCALE
