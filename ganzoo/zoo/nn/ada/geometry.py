"""General geometric transformations: scaling, rotation, and shifts by fractions of a pixel."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ganzoo.zoo.nn.ada.blit import take_pixels
from ganzoo.zoo.nn.ada.draws import normal, sometimes, uniform
from ganzoo.zoo.nn.ada.wavelets import BEYOND, CENTRE, downsampling, upsampling

SCALE, SHIFT = 0.2, 0.125
"""Standard deviations: of the binary logarithm of a scale, and of a shift as a share of a side."""


class Geometry:
    """Scaling, rotation, scaling of the sides, rotation, shift: one matrix, and one resampling.

    As in the paper, images are upsampled twofold by the wavelet filter sym6, sampled bilinearly, and downsampled by the
    same filter, so that no frequency folds onto another. Reflections fill what is uncovered.

    Differs from the paper's code: there, an image is reflected before it is upsampled, and once, with zeros beyond;
    here after it, without end. There, the filter counts as symmetric, so that a turn by 180 degrees also shifts by 0.4
    pixels; here, its true centre counts.
    """

    def __init__(self, sides: Sequence[int], like: Tensor) -> None:
        self.up, self.down = (
            [torch.from_numpy(matrix(size)).to(like) for size in sides] for matrix in (upsampling, downsampling)
        )

    def __call__(self, x: Tensor, p: Tensor) -> Tensor:
        """Images (N, C, H, W), each transformed in its own way."""
        back, shift = self.draw(x, p)
        return self.resample(x, back, shift)

    def draw(self, x: Tensor, p: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 2, 2) matrices from places in the result to places in the image; (N, 2) shifts in pixels.

        The two rotations are each applied with the probability 1 - √(1 - p), so that one or both are with p.
        """
        scale, stretch = ((SCALE * sometimes(p, normal(x))).exp2() for _ in range(2))
        of_each = 1 - (1 - p).sqrt()
        first, second = (rotation(torch.pi * sometimes(of_each, uniform(x))) for _ in range(2))
        sides = torch.stack([scale * stretch, scale / stretch], 1)
        down, right = (SHIFT * sometimes(p, normal(x, 2))).unbind(1)
        return first / sides[:, None] @ second, torch.stack([down * x.shape[2], right * x.shape[3]], 1)

    def resample(self, x: Tensor, back: Tensor, shift: Tensor) -> Tensor:
        """Each place a of the result has the value of x at `back` (a - shift).

        Places are (down, right) from the image's centre, in pixels.
        """
        fine = self.up[0] @ x @ self.up[1].T
        places = torch.stack(torch.meshgrid(*(_places(matrix) for matrix in self.up), indexing="ij"))
        source = torch.einsum("nij,jhw->nihw", back, places) - (back @ shift[:, :, None])[..., None]
        return self.down[0] @ _bilinear(fine, source) @ self.down[1].T


def rotation(angle: Tensor) -> Tensor:
    """(N,) in radians -> (N, 2, 2)."""
    cosine, sine = angle.cos(), angle.sin()
    return torch.stack([cosine, -sine, sine, cosine], 1).reshape(-1, 2, 2)


def _places(matrix: Tensor) -> Tensor:
    """Where the values are that `upsampling` gives, in pixels from the image's centre."""
    values, size = matrix.shape
    at = torch.arange(values, device=matrix.device, dtype=matrix.dtype)
    return (at - CENTRE) / 2 - (size - 1) / 2


def _bilinear(fine: Tensor, source: Tensor) -> Tensor:
    """(N, C, H', W'): upsampled images (N, C, H', W') at places (N, 2, H', W') in pixels from the centre.

    Made of `gather`, since `grid_sample` has no second derivative.
    """
    down, right = (_among(source[:, axis], n) for axis, n in enumerate(fine.shape[2:]))
    row, column = (place.floor().clamp(max=n - 2) for place, n in zip((down, right), fine.shape[2:], strict=True))
    above, below = fine[:, :, :-1], fine[:, :, 1:]
    corners = torch.cat([above[..., :-1], above[..., 1:], below[..., :-1], below[..., 1:]], 1)
    a, b, c, d = take_pixels(corners, row.long(), column.long()).chunk(4, 1)
    right, down = (right - column)[:, None], (down - row)[:, None]
    return torch.lerp(torch.lerp(a, b, right), torch.lerp(c, d, right), down)


def _among(place: Tensor, n: int) -> Tensor:
    """0 to n - 1: among n upsampled values, a place in pixels from the centre, or where its reflection is."""
    size = n // 2 - BEYOND
    index, span = 2 * place + (size - 1 + CENTRE), max(2 * size - 2, 1)
    depth = (index - CENTRE).remainder(2 * span)
    reflected = CENTRE + torch.minimum(depth, 2 * span - depth)
    return torch.where(index == index.clamp(0, n - 1), index, reflected)
