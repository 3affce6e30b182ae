"""The Gaussian of features, and the Frechet distance between two: in float64, block by block, without `sqrtm`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import torch
from torch import Tensor

from ganzoo.metrics.streams import blocks


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
        x = (features.double() - shift).numpy()
        gram = x.T @ x  # numpy's, which knows that it is symmetric and does half the work
        return cls(shift, len(x), torch.from_numpy(x.sum(0)), torch.from_numpy(gram))

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


def accumulate(parts: Iterable[Tensor], shift: Tensor | None = None) -> Moments:
    """Moments of features (N, F) that come part by part, about `shift`, else about the mean of the first part."""
    parts = iter(parts)
    first = next(parts)
    moments = Moments.of(first, shift := first.double().mean(0) if shift is None else shift)
    for part in parts:
        moments += Moments.of(part, shift)
    return moments


@dataclass(frozen=True, eq=False)
class Gaussian:
    """What samples are compared with: (F,) mean and (F, F) covariance, float64."""

    mean: Tensor
    covariance: Tensor

    @classmethod
    def fit(cls, parts: Iterable[Tensor]) -> Gaussian:
        """From features (N, F), part by part: they are never held together."""
        moments = accumulate(parts)
        return cls(moments.mean, moments.covariance)

    @classmethod
    def restore(cls, stored: dict[str, Tensor]) -> Gaussian:
        """From what `store` gave."""
        made = cls(stored["mean"], stored["covariance"])
        vars(made)["root"] = stored["root"]
        return made

    def store(self) -> dict[str, Tensor]:
        """All of it, with the root that takes long."""
        return {"mean": self.mean, "covariance": self.covariance, "root": self.root}

    @cached_property
    def root(self) -> Tensor:
        """(F, F) S with S S^T = covariance: of Cholesky where there is one, ten times as fast, else of eigenvectors."""
        root: Tensor
        root, failed = torch.linalg.cholesky_ex(self.covariance)
        if failed:
            values, vectors = torch.linalg.eigh(self.covariance)
            root = vectors * values.clamp(min=0).sqrt()
        return root

    def distance(self, mean: Tensor, covariance: Tensor) -> float:
        """To another Gaussian: |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)), whose last trace is taken of S^T C S."""
        values = torch.linalg.eigvalsh(self.root.T @ covariance @ self.root)
        return self._assemble(mean, covariance.trace(), values.clamp(min=0).sqrt().sum())

    def distance_to_samples(self, features: Tensor | Iterable[Tensor]) -> float:
        """To the Gaussian of features (N, F), whole or in parts, N >= 2; its covariance may be zero.

        Raises `torch.linalg.LinAlgError` on features that are not finite.
        """
        parts = iter(blocks(features) if isinstance(features, Tensor) else features)
        x = next(parts)
        for part in parts:
            if len(x) > x.shape[1]:
                parts = chain([part], parts)
                break
            x = torch.cat([x, part])
        if len(x) <= x.shape[1]:
            return self._to_few(x)
        moments = accumulate(chain([x], parts))
        return self.distance(moments.mean, moments.covariance)

    def _to_few(self, x: Tensor) -> float:
        """Too few for a covariance of full rank: the square roots of its zeros would be rounding noise."""
        mean = x.mean(0)
        centred = (x - mean) / (len(x) - 1) ** 0.5
        return self._assemble(mean, centred.square().sum(), torch.linalg.svdvals(centred @ self.root).sum())

    def distances(self, features: Tensor, sizes: Sequence[int]) -> Iterator[float]:
        """To the first n of the features (N, F), for each n of `sizes`, which grow: each is looked at once."""
        moments, shift, width = None, centre(features), features.shape[1]
        for before, n in zip([0, *sizes], sizes, strict=False):
            more = accumulate(blocks(features[before:n]), shift)
            moments = moments + more if moments else more
            few = n <= width
            yield self.distance_to_samples(features[:n]) if few else self.distance(moments.mean, moments.covariance)

    def _assemble(self, mean: Tensor, trace: Tensor, cross: Tensor) -> float:
        distance = (self.mean - mean).square().sum() + self.covariance.trace() + trace - 2 * cross
        return distance.clamp(min=0).item()


def centre(features: Tensor) -> Tensor:
    """(N, F) -> their mean (F,) float64. About it nothing cancels, also where all samples are the same."""
    total = torch.zeros(features.shape[1], dtype=torch.float64)
    for block in blocks(features):
        total += block.sum(0)
    return total / len(features)


def score(reference: Gaussian, features: Tensor | Iterable[Tensor]) -> float:
    """The distance; NaN where the numbers fail."""
    try:
        return reference.distance_to_samples(features)
    except torch.linalg.LinAlgError:  # type: ignore[attr-defined]
        return float("nan")
