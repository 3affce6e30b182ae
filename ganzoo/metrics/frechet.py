"""Frechet distance between features (FID, Heusel et al. 2017, arXiv:1706.08500), in float64 and without `sqrtm`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import ClassVar

import torch
from torch import Tensor

from ganzoo.metrics.base import Evaluation
from ganzoo.seeds import seed_of

BATCH = 4_096
LEAST = 50
"""Samples in a draw. The distance of few is mostly their number: real held-out digits score 42 at n = 50 (12 from draw
to draw), 104 at 20, 221 at 10 and 830 at 2, but 2.7 at 500; blurred ones score 270 at 500 and 543 at 2."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums over N features, minus `shift` (about their mean, so that nothing cancels). Shards add up, in any order."""

    shift: Tensor
    n: int
    total: Tensor
    """(F,) float64: the sum of x - shift."""
    gram: Tensor
    """(F, F) float64: the sum of (x - shift)(x - shift)^T."""

    @classmethod
    def of(cls, features: Tensor, shift: Tensor) -> Moments:
        """(N, F) of any float type -> their moments."""
        x = features.double() - shift
        return cls(shift, len(x), x.sum(0), x.T @ x)

    def __add__(self, other: Moments) -> Moments:
        """Both together; they must have the same shift."""
        if not torch.equal(self.shift, other.shift):
            raise ValueError("moments with different shifts cannot be added; take both with the reference's mean")
        return Moments(self.shift, self.n + other.n, self.total + other.total, self.gram + other.gram)

    @property
    def mean(self) -> Tensor:
        """(F,) float64."""
        return self.shift + self.total / self.n

    @property
    def covariance(self) -> Tensor:
        """(F, F) float64, unbiased."""
        return (self.gram - torch.outer(self.total, self.total) / self.n) / (self.n - 1)


@dataclass(frozen=True, eq=False)
class Gaussian:
    """What samples are compared with: (F,) mean and (F, F) covariance, float64."""

    mean: Tensor
    covariance: Tensor

    @classmethod
    def fit(cls, parts: Iterable[Tensor]) -> Gaussian:
        """From features (N, F), part by part: they are never held together."""
        parts = iter(parts)
        first = next(parts)
        moments = Moments.of(first, shift := first.double().mean(0))
        for part in parts:
            moments += Moments.of(part, shift)
        return cls(moments.mean, moments.covariance)

    @cached_property
    def root(self) -> Tensor:
        """(F, F) S with S S^T = covariance."""
        values, vectors = torch.linalg.eigh(self.covariance)
        root: Tensor = vectors * values.clamp(min=0).sqrt()
        return root

    def distance(self, mean: Tensor, covariance: Tensor) -> float:
        """To another Gaussian: |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)), whose last trace is taken of S^T C S."""
        values = torch.linalg.eigvalsh(self.root.T @ covariance @ self.root)
        return self._assemble(mean, covariance.trace(), values.clamp(min=0).sqrt().sum())

    def distance_to_samples(self, features: Tensor) -> float:
        """To the Gaussian of features (N, F), N >= 2; its covariance may be zero.

        Raises `torch.linalg.LinAlgError` on features that are not finite.
        """
        n, width = features.shape
        x = features.double()
        mean = x.mean(0)
        centred = (x - mean) / (n - 1) ** 0.5
        if n > width:
            return self.distance(mean, centred.T @ centred)
        # Too few for a covariance of full rank: the square roots of its zeros would be rounding noise.
        return self._assemble(mean, centred.square().sum(), torch.linalg.svdvals(centred @ self.root).sum())

    def _assemble(self, mean: Tensor, trace: Tensor, cross: Tensor) -> float:
        distance = (self.mean - mean).square().sum() + self.covariance.trace() + trace - 2 * cross
        return distance.clamp(min=0).item()


@dataclass
class FID:
    """The Frechet distance to the train split: mean and deviation (`fid.sd`) of three disjoint draws of n samples.

    n is the size of the test split, or a third of the samples if that is less. Beside it, with the same n: `fid.floor`,
    which real held-out data scores, and `fid.memoriser`, which samples drawn from the train split score. Where the
    split is one random partition among many, and so a matter of luck, the floor is the mean over `resplits` of them:
    of digits, whose own partition is stratified, 2.7 instead of 5.0, though no generator's samples are stratified.

    `fid.heldout` is the distance of the same draws to the test split, where nothing can be learned by heart: its floor
    is what three subsets of the train split score. Below n = 50 (`LEAST` says why) all are None: that takes 150
    samples, and 50 held-out images, as 500 images in a folder give.
    """

    better: ClassVar[Mapping[str, str]] = {"fid": "lower", "fid.heldout": "lower"}

    def __call__(self, e: Evaluation) -> dict[str, float | None]:
        """Keys name the extractor, the split compared with, and n."""
        n = min(len(e.data.test.x), len(e.x) // 3)
        train, test = (f"[{e.data.extractor.key},ref={e.reference(split)},n={n}]" for split in ("train", "test"))
        keys = [f"{name}{train}" for name in ("fid", "fid.sd", "fid.floor", "fid.memoriser")]
        if resplits := _resplits(e):
            keys[2] = keys[2].replace("]", f",resplits={resplits}]")
        keys += [f"{name}{test}" for name in ("fid.heldout", "fid.heldout.floor")]
        return dict(zip(keys, self.values(e, n), strict=True)) if n >= LEAST else dict.fromkeys(keys)

    def values(self, e: Evaluation, n: int) -> list[float]:
        """In the order of the keys."""
        train, test = (e.once(("gaussian", split), partial(_fit, e, split)) for split in ("train", "test"))
        parts = torch.split(e.features[: 3 * n], n)
        draws = torch.tensor([_score(train, part) for part in parts], dtype=torch.float64)
        return [
            draws.mean().item(),
            draws.std().item(),
            e.once(("floor", n), lambda: _floor(e, n, train)),
            e.once(("memoriser", n), lambda: _score(train, e.memorised(n).features)),
            sum(_score(test, part) for part in parts) / 3,
            e.once(("heldout floor", n), lambda: sum(_score(test, e.subset(n, i).features) for i in range(3)) / 3),
        ]


def _fit(e: Evaluation, split: str) -> Gaussian:
    return Gaussian.fit(map(e.data.extractor, torch.split(getattr(e.data, split).x, BATCH)))


def _resplits(e: Evaluation) -> int:
    return getattr(e.data, "resplits", 0)


def _floor(e: Evaluation, n: int, train: Gaussian) -> float:
    """What n samples of the test split score, or, where there are such, the mean over other random partitions."""
    if not (resplits := _resplits(e)):
        return _score(train, e.real(n).features)
    size = len(e.data.train.x)
    features = torch.cat([e.data.extractor(split.x) for split in (e.data.train, e.data.test)])
    generator = torch.Generator().manual_seed(seed_of("resplit"))
    orders = (torch.randperm(len(features), generator=generator) for _ in range(resplits))
    parts = ((features[order[:size]], features[order[size : size + n]]) for order in orders)
    return sum(_score(Gaussian.fit([reference]), held_out) for reference, held_out in parts) / resplits


def _score(reference: Gaussian, features: Tensor) -> float:
    """NaN where the numbers fail."""
    try:
        return reference.distance_to_samples(features)
    except torch.linalg.LinAlgError:  # type: ignore[attr-defined]
        return float("nan")
