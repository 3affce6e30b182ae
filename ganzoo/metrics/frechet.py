"""Frechet distance between features (FID, Heusel et al. 2017, arXiv:1706.08500), in float64 and without `sqrtm`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor

from ganzoo.metrics.base import Evaluation

BATCH = 4_096


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
    which real held-out data scores, and `fid.memoriser`, which samples drawn from the train split score.
    """

    better: ClassVar[dict[str, str]] = {"fid": "lower"}

    def __call__(self, e: Evaluation) -> dict[str, float | None]:
        """None for what too few samples (fewer than 6) leave unknown."""
        n = min(len(e.data.test.x), len(e.x) // 3)
        protocol = f"[{e.data.extractor.key},ref={e.reference},n={n}]"
        if n < 2:
            return {f"fid{protocol}": None}
        reference = e.once("gaussian", lambda: Gaussian.fit(map(e.data.extractor, torch.split(e.data.train.x, BATCH))))
        draws = torch.tensor(
            [_score(reference, part) for part in torch.split(e.features[: 3 * n], n)], dtype=torch.float64
        )
        return {
            f"fid{protocol}": draws.mean().item(),
            f"fid.sd{protocol}": draws.std().item(),
            f"fid.floor{protocol}": e.once(("floor", n), lambda: _score(reference, e.real(n).features)),
            f"fid.memoriser{protocol}": e.once(("memoriser", n), lambda: _score(reference, e.memorised(n).features)),
        }


def _score(reference: Gaussian, features: Tensor) -> float:
    """NaN where the numbers fail."""
    try:
        return reference.distance_to_samples(features)
    except torch.linalg.LinAlgError:  # type: ignore[attr-defined]
        return float("nan")
