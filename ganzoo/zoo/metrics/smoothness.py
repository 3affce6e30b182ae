"""How evenly samples change along walks through latent space (perceptual path length)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from msgspec import Meta
from torch import Tensor

from ganzoo.interfaces.bounds import Count
from ganzoo.interfaces.scores import Score
from ganzoo.support.errors import Incompatible
from ganzoo.support.latents import spherical
from ganzoo.support.seeds import seed_of
from ganzoo.zoo.metrics.base import Evaluation, SampleSource
from ganzoo.zoo.metrics.features import Features, extract


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

    `ppl` = E[|f(G(z(t + e))) - f(G(z(t)))|^2 / e^2], e = 1 / steps: the perceptual path length (Karras et al. 2019,
    arXiv:1812.04948), with the judge's features instead of VGG's. `ppl.ratio`: over the mean squared distance of the
    walks' ends, 1 for straight and even walks. `jump`: the largest squared step over the mean one, from 1 for even
    walks to the number of steps for a single leap: high where the generated space is not continuous. Samples are
    quantised, as for every metric, so steps cannot be as short as the paper's, 1e-4: the protocol names e. Both ends
    of a walk have the same class, and are made of the same row of what is given.
    """

    extractor: str = "judge"
    """Whose features."""
    walks: Count = 200
    """Pairs of points."""
    steps: Annotated[int, Meta(ge=2)] = 16
    """Of a walk."""

    better = {"ppl": "lower", "ppl.ratio": "lower", "jump": "lower"}

    def __call__(self, e: Evaluation) -> list[Score]:
        """The protocol names the extractor, walks and e. Raises `Incompatible` for samples without a generator."""
        if e.source is None:
            raise Incompatible(
                "smoothness walks through latent space, which takes a generator; give a run, not samples"
            )
        extractor = e.extractor(self.extractor)
        x = self._samples(e.source, e.given)
        features = Features(extract(extractor, x, e.progress), len(x)).whole.reshape(self.walks, self.steps + 1, -1)
        protocol = f"{extractor.key},walks={self.walks},e=1/{self.steps}"
        return [Score(name, protocol, value) for name, value in lengths(features).items()]

    def _samples(self, source: SampleSource, given: Tensor | None) -> Tensor:
        """(walks * (steps + 1), *shape), walk after walk."""
        generator = torch.Generator().manual_seed(seed_of("walks"))
        start, end = torch.randn(2, self.walks, 1, source.latent, generator=generator)
        z = spherical(start, end, torch.linspace(0, 1, self.steps + 1)[:, None]).flatten(0, 1)
        y = torch.randint(source.classes, (self.walks,), generator=generator) if source.classes else None
        y = None if y is None else y.repeat_interleave(self.steps + 1)
        if given is None:
            return source.generator(z, y)
        rows = torch.arange(self.walks).repeat_interleave(self.steps + 1) % len(given)
        return source.generator(z, y, given[rows])
