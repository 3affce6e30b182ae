"""Real held-out samples, made worse step by step in ways that a generator goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ganzoo.interfaces.datasets import Dataset

Spoil = Callable[["Material", float, int], Tensor]
SHARES = (0.0, 0.1, 0.25, 0.5, 0.9)


@dataclass(frozen=True)
class Material:
    """What samples are drawn from: held-out data with the mode of each, the train split, one random generator."""

    data: Dataset
    random: torch.Generator

    def rows(self, size: int, n: int) -> Tensor:
        """n of `size`, each once."""
        return torch.randperm(size, generator=self.random)[:n]

    def held_out(self, n: int) -> Tensor:
        """n held-out samples."""
        x = self.data.test.x
        return x[self.rows(len(x), n)]

    def normal(self, x: Tensor) -> Tensor:
        """Noise as large as x."""
        return torch.randn(x.shape, generator=self.random)


@dataclass(frozen=True)
class Ladder:
    """A way to go wrong, and how far: the first step is real data as they are."""

    name: str
    unit: str
    levels: Sequence[float]
    spoil: Spoil


def drop(m: Material, k: float, n: int) -> Tensor:
    """Held-out samples without those of k modes, wherever in their mode they lie."""
    x = m.data.test.x
    modes: Tensor = getattr(m.data, "nearest", m.data.modes)(x)
    gone = m.rows(m.data.n_modes, int(k))
    left = x[~torch.isin(modes, gone)]
    return left[m.rows(len(left), n)]


def blur(m: Material, sigma: float, n: int) -> Tensor:
    """Images under a Gaussian of `sigma` times their height."""
    x, width = m.held_out(n), sigma * m.data.shape[1]
    if not width:
        return x
    reach = min(int(3 * width) + 1, min(m.data.shape[1:]) - 1)
    at = torch.arange(-reach, reach + 1.0)
    taps = (-(at**2) / (2 * width**2)).exp()
    taps = taps / taps.sum()
    c = m.data.shape[0]
    padded = F.pad(x.float(), (reach,) * 4, mode="reflect")
    rows = F.conv2d(padded, taps.reshape(1, 1, -1, 1).expand(c, 1, -1, 1), groups=c)
    return _levels(F.conv2d(rows, taps.reshape(1, 1, 1, -1).expand(c, 1, 1, -1), groups=c))


def noise(m: Material, deviation: float, n: int) -> Tensor:
    """With noise of so many levels, or for points of so many sigmas of a mode."""
    x = m.held_out(n)
    if m.data.kind == "points":
        sigma: float = m.data.sigma  # type: ignore[attr-defined]
        return x + deviation * sigma * m.normal(x)
    return _levels(x + deviation * m.normal(x)) if deviation else x


def contract(m: Material, share: float, n: int) -> Tensor:
    """Points nearer to the centres of their modes by that share of the way."""
    x, data = m.held_out(n), m.data
    centres: Tensor = data.centres[data.nearest(x)]  # type: ignore[attr-defined]
    return x + share * (centres - x)


def duplicate(m: Material, share: float, n: int) -> Tensor:
    """That share of the samples replaced by copies of the others."""
    x, kept = m.held_out(n), max(1, round(n * (1 - share)))
    return torch.cat([x[:kept], x[torch.randint(kept, (n - kept,), generator=m.random)]])


def memorise(m: Material, share: float, n: int) -> Tensor:
    """That share of the samples copied from the train split."""
    x, train, copied = m.held_out(n), m.data.train.x, round(n * share)
    return torch.cat([train[torch.randint(len(train), (copied,), generator=m.random)], x[copied:]])


def _levels(x: Tensor) -> Tensor:
    return x.round().clamp(0, 255).to(torch.uint8)


def ladders(data: Dataset) -> list[Ladder]:
    """Those that this data can be spoiled by."""
    points, half = data.kind == "points", data.n_modes // 2
    steps = sorted({round(half * share) for share in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)}) if half else []
    found = [Ladder("modes dropped", "modes", steps, drop)] if steps else []
    if points:
        found += [Ladder("contracted", "of the way to the centre", (0.0, 0.1, 0.25, 0.5, 0.75), contract)]
    else:
        found += [Ladder("blur", "of the height", (0.0, 0.05, 0.1, 0.15, 0.25), blur)]
    return [
        *found,
        Ladder("noise", "sigma" if points else "levels", (0, 0.5, 1, 2, 4) if points else (0, 8, 16, 32, 64), noise),
        Ladder("duplicates", "of the samples", SHARES, duplicate),
        Ladder("memorised", "of the samples", SHARES, memorise),
    ]
