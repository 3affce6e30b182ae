"""How alike two images are: (N,) float64 of uint8 images (N, C, H, W) and (N, C, H, W)."""

import torch
from torch.nn.functional import conv2d

WINDOW, DEVIATION = 11, 1.5
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
EXACT = 100.0
"""The PSNR that counts for an image without any error, in dB."""


def mean_error(a, b):
    """The mean of |a - b|, in levels of 0 to 255."""
    return (a.double() - b.double()).abs().flatten(1).mean(1)


def psnr(a, b):
    """10 log₁₀(255² / mean of (a - b)²), in dB; at most 100."""
    error = (a.double() - b.double()).square().flatten(1).mean(1)
    return (10 * (255**2 / error.clamp(min=1e-12)).log10()).clamp(max=EXACT)


def ssim(a, b):
    """(2 μ_a μ_b + C₁)(2 σ_ab + C₂) / ((μ_a² + μ_b² + C₁)(σ_a² + σ_b² + C₂)), the mean over places and channels.

    Wang et al. 2004, equations 13 to 17: moments are weighted by a circular Gaussian of 11x11 pixels and σ = 1.5 that
    sums to 1, wherever it fits into the image; C₁ = (0.01 · 255)², C₂ = (0.03 · 255)².
    """
    n = len(a)
    a, b = (x.double().reshape(-1, 1, *x.shape[2:]) for x in (a, b))
    mean_a, mean_b = _local_mean(a), _local_mean(b)
    var_a, var_b = _local_mean(a * a) - mean_a**2, _local_mean(b * b) - mean_b**2
    both = _local_mean(a * b) - mean_a * mean_b
    above = (2 * mean_a * mean_b + C1) * (2 * both + C2)
    below = (mean_a**2 + mean_b**2 + C1) * (var_a + var_b + C2)
    return (above / below).reshape(n, -1).mean(1)


def _local_mean(x):
    window = torch.exp(-((torch.arange(WINDOW) - WINDOW // 2).double() / DEVIATION).square() / 2)
    window = window / window.sum()
    return conv2d(conv2d(x, window.reshape(1, 1, 1, -1)), window.reshape(1, 1, -1, 1))
