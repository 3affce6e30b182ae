"""MS-SSIM between samples of a class: how alike they are (Odena, Olah, Shlens 2017, arXiv:1610.09585)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from ganzoo.interfaces.bounds import Count
from ganzoo.interfaces.scores import Score
from ganzoo.support.errors import Incompatible
from ganzoo.support.seeds import seed_of
from ganzoo.zoo.metrics.base import Evaluation, SampleSet
from ganzoo.zoo.metrics.baselines import common_n, undefined, with_baselines

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Weights of the scales, fine to coarse (Wang, Simoncelli, Bovik 2003)."""
WINDOW, DEVIATION = 11, 1.5
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
LEAST = 32
"""Pixels of a side: in smaller images, the window of 11 fits one scale or none."""
PAIRS = 256
"""Compared at a time."""
Known = Literal["requested", "judge", "one"]


def ms_ssim(a: Tensor, b: Tensor) -> Tensor:
    """(N,) similarities of images (N, C, H, W) and (N, C, H, W) with levels 0 to 255; 1 for equal ones.

    The product over scales of the contrast-structure terms, and of the luminance term at the coarsest, each to the
    power of its weight. There are five scales from 176 pixels on; smaller images have as many as the window of 11
    pixels fits into, with weights rescaled to a sum of 1. Negative terms count as 0.
    """
    scales = scales_of(min(a.shape[2:]))
    weights = torch.tensor(WEIGHTS[:scales], dtype=a.dtype)
    weights /= weights.sum()
    similarity = torch.ones(len(a), dtype=a.dtype)
    for scale, weight in enumerate(weights):
        luminance, structure = _terms(a, b)
        last = scale == scales - 1
        similarity *= (luminance * structure if last else structure).flatten(1).mean(1).clamp(min=0) ** weight
        a, b = F.avg_pool2d(a, 2), F.avg_pool2d(b, 2)
    return similarity


def scales_of(side: int) -> int:
    """How many of the five scales an image has whose shorter side is so many pixels."""
    return next(s for s in range(len(WEIGHTS), 0, -1) if side >> (s - 1) >= WINDOW)


def _terms(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Luminance, and contrast times structure, at each position of the window."""
    mean_a, mean_b = _mean(a), _mean(b)
    var_a, var_b, both = _mean(a * a) - mean_a**2, _mean(b * b) - mean_b**2, _mean(a * b) - mean_a * mean_b
    luminance = (2 * mean_a * mean_b + C1) / (mean_a**2 + mean_b**2 + C1)
    return luminance, (2 * both + C2) / (var_a + var_b + C2)


def _mean(x: Tensor) -> Tensor:
    """Mean under a Gaussian window, where it fits."""
    at = torch.arange(WINDOW, dtype=x.dtype) - WINDOW // 2
    window = (-(at**2) / (2 * DEVIATION**2)).exp()
    window, channels = window / window.sum(), x.shape[1]
    x = F.conv2d(x, window.reshape(1, 1, -1, 1).expand(channels, 1, -1, 1), groups=channels)
    return F.conv2d(x, window.reshape(1, 1, 1, -1).expand(channels, 1, 1, -1), groups=channels)


def pairs(classes: Tensor, n: int) -> Tensor:
    """(n, 2) pairs of different rows of the same class; fewer if the classes (N,) have too few members."""
    generator = torch.Generator().manual_seed(seed_of("pairs"))
    order = torch.randperm(len(classes), generator=generator)
    order = order[classes[order].argsort(stable=True)]  # grouped by class, in a random order within it
    neighbours = torch.stack([order, order.roll(-1)], dim=1)[:-1]
    same = neighbours[classes[neighbours[:, 0]] == classes[neighbours[:, 1]]]
    return same[torch.randperm(len(same), generator=generator)[:n]]


@dataclass
class Similarity:
    """The mean MS-SSIM of random pairs of samples of one class.

    If it exceeds `ms-ssim.floor`, that of real data, the generator repeats itself. Classes are those requested of the
    generator ("classes=requested" in the protocol), else those that the judge finds ("judge"); data without either is
    one class ("one"). The floor pairs real data in the same way. It says little about images of one
    object on a plain background (digits differ by their strokes, and most pixels agree), and below 64 pixels, where one
    or two of five scales are left. Noise has the lowest similarity of all.
    """

    pairs: Count = 1_000
    """Pairs, or as many as there are."""

    better = {"ms-ssim": "lower"}
    scale = {"ms-ssim": "share"}

    def __call__(self, e: Evaluation) -> list[Score]:
        """The protocol names n, pairs, classes and scales. Raises `Incompatible` for points and for small images."""
        if e.data.kind != "image" or min(e.data.shape[1:]) < LEAST:
            shape = " x ".join(map(str, e.data.shape[1:]))
            what = f"has {shape} pixels" if e.data.kind == "image" else f"is {e.data.kind}"
            raise Incompatible(f"ms-ssim needs images of {LEAST} pixels a side or more, and {e.data.name} {what}")
        n = common_n(e)
        known, scales = _known_classes(e), scales_of(min(e.data.shape[1:]))
        judge = e.judge_prefix if known == "judge" else ""
        protocol = f"{judge}n={n},pairs={self.pairs},classes={known},scales={scales}"
        if n < 2:
            return undefined(protocol, "ms-ssim")

        def measure(samples: SampleSet) -> dict[str, float]:
            x, rows = samples.x, pairs(_classes(samples, known), self.pairs)
            values = [ms_ssim(x[a].double(), x[b].double()) for a, b in (r.T for r in torch.split(rows, PAIRS))]
            return {"ms-ssim": torch.cat(values).mean().item() if len(rows) else float("nan")}

        return with_baselines(e, n, protocol, measure)


def _known_classes(e: Evaluation) -> Known:
    """Whence the classes of generated and of real samples are, by the same rule for both."""
    if e.y is not None and e.data.test.y is not None:
        return "requested"
    return "judge" if e.data.n_modes else "one"


def _classes(samples: SampleSet, known: Known) -> Tensor:
    if known == "requested":
        assert samples.y is not None
        return samples.y
    return samples.modes if known == "judge" else torch.zeros(len(samples), dtype=torch.long)
