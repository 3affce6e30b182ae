"""The Gaussian of features, and the Frechet distance between two: in float64, block by block, without `sqrtm`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
import torch
from scipy.linalg import eigvalsh
from scipy.linalg.blas import dsyrk
from scipy.linalg.lapack import dsygst
from torch import Tensor

from ganzoo.zoo.metrics.features import BATCH

BLOCK = 2**22
"""Numbers (32 MB) that are processed together."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums over N features, minus `shift` (about their mean, so that nothing cancels)."""

    shift: Tensor
    n: int
    total: Tensor
    """(F,) float64: the sum of x - shift."""
    gram: Tensor
    """(F, F) float64: the lower triangle of the sum of (x - shift)(x - shift)^T."""

    @classmethod
    def of(cls, features: Tensor, shift: Tensor, before: Moments | None = None) -> Moments:
        """Features (N, F) float32 or float64 -> their moments, added to those `before`, which are overwritten.

        All in numpy: if its threads and torch's alternate, the waiting ones spin and slow down the working ones.
        """
        n, total = (before.n, before.total.numpy()) if before else (0, np.zeros(features.shape[1]))
        gram = before.gram.numpy().T if before else np.zeros((len(total), len(total)), order="F")
        size = max(1, BLOCK // len(total))
        space = np.empty((min(size, len(features)), len(total)))
        for rows in torch.split(features, size):
            x = np.subtract(rows.numpy(), shift.numpy(), out=space[: len(rows)])
            n, total = n + len(x), total + x.sum(0)
            gram = dsyrk(1.0, x.T, beta=1.0, c=gram, overwrite_c=True)
        return cls(shift, n, torch.from_numpy(total), torch.from_numpy(gram.T))

    @property
    def mean(self) -> Tensor:
        """(F,) float64."""
        return self.shift + self.total / self.n

    @property
    def covariance(self) -> Tensor:
        """(F, F) float64, unbiased."""
        half = self.half
        return half.tril() + half.tril(-1).T

    @property
    def half(self) -> Tensor:
        """(F, F): the covariance's lower triangle. Values above the diagonal are undefined."""
        rest = self.n - 1
        return torch.addr(self.gram, self.total, self.total, beta=1 / rest, alpha=-1 / (self.n * rest))


def accumulate(parts: Iterable[Tensor]) -> Moments:
    """Moments of features (N, F) given in one part or more, about the mean of the first of them."""
    parts = iter(parts)
    first = next(parts)
    moments = Moments.of(first, first[:BATCH].mean(0, dtype=torch.float64))
    for part in parts:
        moments = Moments.of(part, moments.shift, moments)
    return moments


@dataclass(frozen=True, eq=False)
class Gaussian:
    """The reference that samples are compared with: (F,) mean and (F, F) covariance, float64."""

    mean: Tensor
    covariance: Tensor

    @classmethod
    def fit(cls, parts: Iterable[Tensor]) -> Gaussian:
        """From features (N, F), given in parts: they are never all in memory."""
        moments = accumulate(parts)
        return cls(moments.mean, moments.covariance)

    @classmethod
    def restore(cls, stored: dict[str, Tensor]) -> Gaussian:
        """From what `store` returned."""
        gaussian = cls(stored["mean"], stored["covariance"])
        vars(gaussian)["root"] = stored["root"]
        return gaussian

    def store(self) -> dict[str, Tensor]:
        """Mean, covariance, and the root, which is slow to compute."""
        return {"mean": self.mean, "covariance": self.covariance, "root": self.root}

    @cached_property
    def root(self) -> Tensor:
        """(F, F) lower triangle S with S S^T = covariance: Cholesky's, or where that fails, from eigenvectors."""
        root: Tensor
        root, failed = torch.linalg.cholesky_ex(self.covariance)
        if failed:
            values, vectors = torch.linalg.eigh(self.covariance)
            root = torch.linalg.qr((vectors * values.clamp(min=0).sqrt()).T).R.T
        return root

    def distance(self, mean: Tensor, covariance: Tensor) -> float:
        """To another Gaussian: |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)), whose last trace is taken of S^T C S.

        Only the lower triangle of the other's covariance (F, F) is read.
        """
        values = self._between(covariance)
        noise = len(values) * torch.finfo(values.dtype).eps * values.amax()  # below it, an eigenvalue is rounding noise
        return self._assemble(mean, covariance.trace(), values[values > noise].sqrt().sum())

    def _between(self, covariance: Tensor) -> Tensor:
        """(F,): the eigenvalues of S^T C S, by LAPACK, which exploits that S is triangular and C symmetric.

        SciPy's LAPACK, as for the moments: torch's threads would compete with those of the other library.
        """
        product, _ = dsygst(covariance.numpy().T, self.root.numpy().T, itype=2, lower=0)
        if not np.isfinite(product).all():
            raise torch.linalg.LinAlgError("features are not finite")  # type: ignore[attr-defined]
        return torch.from_numpy(eigvalsh(product, lower=False, overwrite_a=True, check_finite=False))

    def distance_to_samples(self, features: Tensor | Iterable[Tensor]) -> float:
        """To the Gaussian of features (N, F), whole or in parts, N >= 2; its covariance may be zero.

        Raises `torch.linalg.LinAlgError` on features that are not finite.
        """
        parts = iter([features] if isinstance(features, Tensor) else features)
        x = next(parts)
        for part in parts:
            if len(x) > x.shape[1]:
                parts = chain([part], parts)
                break
            x = torch.cat([x, part])
        if len(x) <= x.shape[1]:
            return self._to_few(x)
        moments = accumulate(chain([x], parts))
        return self.distance(moments.mean, moments.half)

    def _to_few(self, x: Tensor) -> float:
        """With N <= F the covariance lacks full rank, and square roots of its zeros would be rounding noise."""
        mean = x.mean(0, dtype=torch.float64)
        centred = (x - mean) / (len(x) - 1) ** 0.5
        return self._assemble(mean, centred.square().sum(), torch.linalg.svdvals(centred @ self.root).sum())

    def distances(self, features: Tensor, sizes: Sequence[int]) -> Iterator[float]:
        """To the first n of the features (N, F), for each n of `sizes`, in rising order. Features are read once."""
        moments, shift, width = None, centre(features), features.shape[1]
        for before, n in zip([0, *sizes], sizes, strict=False):
            moments = Moments.of(features[before:n], shift, moments)
            few = n <= width
            yield self.distance_to_samples(features[:n]) if few else self.distance(moments.mean, moments.half)

    def _assemble(self, mean: Tensor, trace: Tensor, cross: Tensor) -> float:
        distance = (self.mean - mean).square().sum() + self.covariance.trace() + trace - 2 * cross
        return distance.clamp(min=0).item()


def centre(features: Tensor) -> Tensor:
    """Features (N, F) -> their mean (F,) float64. About it nothing cancels, also where all samples are the same."""
    total = torch.zeros(features.shape[1], dtype=torch.float64)
    for part in torch.split(features, BATCH):
        total += part.sum(0, dtype=torch.float64)
    return total / len(features)


def distance_or_nan(reference: Gaussian, features: Tensor | Iterable[Tensor]) -> float:
    """The distance to the Gaussian of features (N, F); NaN where they are not finite."""
    try:
        return reference.distance_to_samples(features)
    except torch.linalg.LinAlgError:  # type: ignore[attr-defined]
        return float("nan")
