"""What a walk through latent space does (perceptual path length, Karras et al. 2019, arXiv:1812.04948)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from msgspec import Meta
from torch import Tensor

from ganzoo.interfaces.bounds import Count
from ganzoo.support.errors import Incompatible
from ganzoo.support.seeds import seed_of
from ganzoo.zoo.metrics.base import Evaluation, Source
from ganzoo.zoo.metrics.baselines import Values
from ganzoo.zoo.metrics.features import Features, extract


def slerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """(W, T, L): from a (W, L) to b (W, L) along great circles, at the shares t (T,) of the way."""
    cosine = torch.nn.functional.cosine_similarity(a, b, dim=1).clamp(-1, 1)
    angle = cosine.arccos().clamp(min=1e-6)[:, None, None]
    at = t[None, :, None]
    return (((1 - at) * angle).sin() * a[:, None] + (at * angle).sin() * b[:, None]) / angle.sin()


def lengths(features: Tensor) -> dict[str, float]:
    """ppl, ppl.ratio and jump of walks (W, T + 1, F), as `Smoothness` describes them."""
    features = features.double()
    steps = features.shape[1] - 1
    squares = features.diff(dim=1).square().sum(2)
    direct = (features[:, -1] - features[:, 0]).square().sum(1)
    moved = squares[squares.sum(1) > 0]
    return {
        "ppl": squares.mean().item() * steps**2,
        "ppl.ratio": (squares.mean() * steps**2 / direct.mean()).item(),
        "jump": (moved.amax(1) / moved.mean(1)).mean().item(),
    }


@dataclass
class Smoothness:
    """How far features move along walks between random points of latent space, on great circles, in even steps.

    `ppl` = E[|f(G(z(t + e))) - f(G(z(t)))|^2 / e^2], e = 1 / steps: the perceptual path length, with the judge's
    features in the place of VGG's. `ppl.ratio`: over the mean squared distance of the walks' ends, 1 for straight and
    even walks. `jump`: the largest squared step over the mean one, from 1 for even walks to the number of steps for one
    leap in a space that stands still: where the generated space is not continuous. Samples are quantised as all are,
    which is why the steps are not as short as the paper's, 1e-4. Both ends of a walk are of one class.
    """

    extractor: str = "judge"
    """Whose features."""
    walks: Count = 200
    """Pairs of points."""
    steps: Annotated[int, Meta(ge=2)] = 16
    """Of a walk."""

    better: ClassVar[Mapping[str, str]] = {"ppl": "lower", "ppl.ratio": "lower", "jump": "lower"}

    def __call__(self, e: Evaluation) -> Values:
        """Keys name the extractor, walks and steps. Raises `Incompatible` for samples without their generator."""
        if e.source is None:
            raise Incompatible(
                "smoothness walks through latent space, which takes a generator; give a run, not samples"
            )
        ex = e.extractor(self.extractor)
        x = self._samples(e.source)
        features = Features(extract(ex, x, e.watch), len(x)).whole.reshape(self.walks, self.steps + 1, -1)
        protocol = f"{ex.key},walks={self.walks},steps={self.steps}"
        return {f"{name}[{protocol}]": value for name, value in lengths(features).items()}

    def _samples(self, source: Source) -> Tensor:
        """(walks * (steps + 1), *shape), walk after walk."""
        generator = torch.Generator().manual_seed(seed_of("walks"))
        ends = torch.randn(2, self.walks, source.latent, generator=generator)
        z = slerp(ends[0], ends[1], torch.linspace(0, 1, self.steps + 1)).flatten(0, 1)
        y = torch.randint(source.classes, (self.walks,), generator=generator) if source.classes else None
        return source.generator(z, None if y is None else y.repeat_interleave(self.steps + 1))
