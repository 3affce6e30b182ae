"""Image-space filtering and corruptions. The paper found that they harm where there is enough data."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ganzoo.zoo.nn.ada.draws import normal, sometimes, uniform
from ganzoo.zoo.nn.ada.wavelets import octaves

AMPLIFICATION, NOISE = 1.0, 0.1
"""Standard deviations: of the binary logarithm of a band's gain, and of the normal noise's own standard deviation."""
CUT = 0.5
"""The side of the square that is cut out, as a share of the image's."""
POWER = (10 / 13, 1 / 13, 1 / 13, 1 / 13)
"""What each band is expected to have of an image's power."""


class BandFilter:
    """Amplifies each of four bands of frequency, an octave each, and keeps the power that is expected of an image."""

    def __init__(self, sides: Sequence[int], like: Tensor) -> None:
        self.octaves = [torch.from_numpy(octaves(size)).to(like) for size in sides]

    def __call__(self, x: Tensor, p: Tensor) -> Tensor:
        """Images (N, C, H, W), each with gains of its own; each band is changed with probability p."""
        gains = [(AMPLIFICATION * sometimes(p, normal(x))).exp2() for _ in POWER]
        power = [1 + share * (gain.square() - 1) for share, gain in zip(POWER, gains, strict=True)]
        total = torch.stack(power).prod(0).sqrt()
        return self.amplify(x, torch.stack(gains, 1) / total[:, None])

    def amplify(self, x: Tensor, gains: Tensor) -> Tensor:
        """Images (N, C, H, W), their bands times the gains (N, 4), along both sides."""
        down, right = (torch.einsum("nb,bij->nij", gains, bands)[:, None] for bands in self.octaves)
        return down @ x @ right.mT


def add_noise(x: Tensor, p: Tensor) -> Tensor:
    """Add Gaussian noise to images (N, C, H, W), each with a standard deviation of its own, |N(0, 0.1²)|."""
    deviation = NOISE * sometimes(p, normal(x)).abs()
    return x + deviation[:, None, None, None] * torch.randn_like(x)


def cut_square(x: Tensor, p: Tensor) -> Tensor:
    """Set a rectangle of images (N, C, H, W) to 0: half of each side, around a random place."""
    centre = (uniform(x, 2) + 1) / 2
    return blank(x, centre, CUT * sometimes(p, torch.ones_like(centre[:, 0])))


def blank(x: Tensor, centre: Tensor, share: Tensor) -> Tensor:
    """Images that are 0 where both sides are nearer to `centre` (N, 2), 0 to 1, than half of `share` (N,)."""
    near = []
    for axis, size in enumerate(x.shape[2:]):
        place = (torch.arange(size, device=x.device, dtype=x.dtype) + 0.5) / size
        near.append((place - centre[:, axis, None]).abs() < share[:, None] / 2)
    return x * ~(near[0][:, None, :, None] & near[1][:, None, None, :])
