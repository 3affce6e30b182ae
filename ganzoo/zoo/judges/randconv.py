"""Features for data without a judge: convolutions whose weights are random, but always the same."""

from __future__ import annotations

import hashlib
import math
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional as F

from ganzoo.zoo.judges import batched

FIRST, CHANNELS = 16, 32
SCALE = 100.0
"""Of the features, so that distances read like others' FIDs: a floor of about 1."""


def weights(channels: int, layers: int) -> list[Tensor]:
    """Filters of unit norm, which keep the scale of what they see."""
    generator = torch.Generator().manual_seed(0)
    widths = [channels, FIRST] + [CHANNELS] * (layers - 1)
    shapes = [(wide, narrow, 3, 3) for narrow, wide in pairwise(widths)]
    drawn = [torch.randn(shape, generator=generator) for shape in shapes]
    return [w / w.flatten(1).norm(dim=1).reshape(-1, 1, 1, 1) for w in drawn]


class RandConv:
    """Random convolutions, halving down to about 4 x 4 and one more; mean and deviation of each channel: 64 features.

    `shape` is (C, H, W), H and W at least 8. The key pins the weights, so that another random generator shows.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.halvings = int(math.log2(min(shape[1:]) / 4))
        self.layers = weights(shape[0], self.halvings + 1)
        digest = hashlib.sha256(b"".join(w.numpy().tobytes() for w in self.layers))
        self.key = f"randconv-v1@{digest.hexdigest()[:8]}"

    def __call__(self, x: Tensor) -> Tensor:
        """uint8 (N, C, H, W) -> (N, 64) float32."""
        return batched(self._features, x)

    def _features(self, x: Tensor) -> Tensor:
        for i, weight in enumerate(self.layers):
            padded = F.pad(x, (1, 1, 1, 1), mode="reflect")  # no border that looks like an edge
            x = F.leaky_relu_(F.conv2d(padded, weight, stride=2 if i < self.halvings else 1), 0.2)
        maps = x.flatten(2)
        return torch.cat([maps.mean(2), maps.std(2)], dim=1) * SCALE
