"""Filters along one side of an image, as matrices. Beyond its edges, an image is reflected."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
SYM2 = np.array([-0.12940952255092145, 0.22414386804185735, 0.836516303737469, 0.48296291314469025])
SYM6 = np.array(
    [
        *(0.015404109327027373, 0.0034907120842174702, -0.11799011114819057, -0.048311742585633),
        *(0.4910559419267466, 0.787641141030194, 0.3379294217276218, -0.07263752278646252),
        *(-0.021060292512300564, 0.04472490177066578, 0.0017677118642428036, -0.007800708325034148),
    ]
)
"""Low-pass filters of the wavelets sym2 and sym6 (Daubechies 1992), of norm 1."""
CENTRE = float((np.arange(len(SYM6)) * SYM6).sum() / SYM6.sum())
"""Of the taps of SYM6, which is not symmetric: 5.098 instead of 5.5."""
BEYOND = 5
"""Values that `upsampling` gives beyond each edge: those that `downsampling` reads."""


def upsampling(size: int) -> Array:
    """(2 size + 10, size): twice as many values, by sym6. Value r is at (r - CENTRE) / 2 pixels."""
    pixels, taps = np.meshgrid(np.arange(-BEYOND, size + BEYOND + 1), np.arange(len(SYM6)))
    matrix, at = np.zeros((2 * (size + BEYOND), size)), 2 * pixels + taps
    inside = (at >= 0) & (at < len(matrix))
    np.add.at(matrix, (at[inside], _mirror(pixels[inside], size)), np.sqrt(2) * SYM6[taps[inside]])
    return matrix


def downsampling(size: int) -> Array:
    """(size, 2 size + 10): undoes `upsampling`, since shifts of the filter by two are orthogonal to each other."""
    matrix = np.zeros((size, 2 * (size + BEYOND)))
    for pixel in range(size):
        matrix[pixel, 2 * pixel : 2 * pixel + len(SYM6)] = SYM6 / np.sqrt(2)
    return matrix


def octaves(size: int) -> Array:
    """(4, size, size): the part of a signal in each of four bands of frequency, low to high, which add up to it.

    Made of H(z) H(1/z) / 2 and of H(-z) H(-1/z) / 2, H being the filter sym2.
    """
    alternating = SYM2 * (-1.0) ** np.arange(len(SYM2))
    low, high = (np.convolve(h, h[::-1]) / 2 for h in (SYM2, alternating))
    bands = [np.ones(1)]
    for _ in range(3):  # each time, what was found moves down by an octave
        bands = [*(np.convolve(_spread(band), low) for band in bands), high]
    return np.stack([_filtering(band, size) for band in bands])


def _spread(taps: Array) -> Array:
    """Zeros between the taps."""
    spread = np.zeros(2 * len(taps) - 1)
    spread[::2] = taps
    return spread


def _filtering(taps: Array, size: int) -> Array:
    """(size, size): a filter with an odd number of taps."""
    matrix, offsets = np.zeros((size, size)), np.arange(len(taps)) - len(taps) // 2
    for pixel in range(size):
        np.add.at(matrix[pixel], _mirror(pixel + offsets, size), taps)
    return matrix


def _mirror(index: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """The pixel, 0 to size - 1, that is seen at `index` if a side is reflected at the centres of its outer pixels."""
    place = index % max(2 * size - 2, 1)
    return np.minimum(place, (2 * size - 2 - place) % max(2 * size - 2, 1) if size > 1 else place)
