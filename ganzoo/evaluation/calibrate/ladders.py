"""Ladders: real held-out samples, degraded step by step as generators fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ganzoo.interfaces.datasets import Dataset

Degrade = Callable[["RealSamples", float, int], Tensor]
"""Real samples, level, n -> n degraded samples."""
SHARES = (0.0, 0.1, 0.25, 0.5, 0.9)


@dataclass(frozen=True)
class RealSamples:
    """A data set, and the random generator that samples of it are drawn with."""

    data: Dataset
    random: torch.Generator

    def rows(self, size: int, n: int) -> Tensor:
        """n random rows of `size`, each once."""
        return torch.randperm(size, generator=self.random)[:n]

    def held_out(self, n: int) -> Tensor:
        """n held-out samples."""
        x = self.data.test.x
        return x[self.rows(len(x), n)]

    def normal(self, x: Tensor) -> Tensor:
        """Normal noise of the shape of x."""
        return torch.randn(x.shape, generator=self.random)


@dataclass(frozen=True)
class Ladder:
    """A kind of failure, and its levels: the first is intact real data."""

    name: str
    unit: str
    levels: Sequence[float]
    degrade: Degrade


def drop(real: RealSamples, k: float, n: int) -> Tensor:
    """Held-out samples without those of k modes; a point beyond 3 sigma belongs to the mode of the nearest centre."""
    x = real.data.test.x
    modes: Tensor = getattr(real.data, "nearest", real.data.modes)(x)
    dropped = real.rows(real.data.n_modes, int(k))
    kept = x[~torch.isin(modes, dropped)]
    return kept[real.rows(len(kept), n)]


def blur(real: RealSamples, sigma: float, n: int) -> Tensor:
    """Images under a Gaussian of `sigma` times their height."""
    x, width = real.held_out(n), sigma * real.data.shape[1]
    if not width:
        return x
    reach = min(int(3 * width) + 1, min(real.data.shape[1:]) - 1)
    offsets = torch.arange(-reach, reach + 1.0)
    taps = (-(offsets**2) / (2 * width**2)).exp()
    taps = taps / taps.sum()
    c = real.data.shape[0]
    padded = F.pad(x.float(), (reach,) * 4, mode="reflect")
    rows = F.conv2d(padded, taps.reshape(1, 1, -1, 1).expand(c, 1, -1, 1), groups=c)
    return _quantised(F.conv2d(rows, taps.reshape(1, 1, 1, -1).expand(c, 1, 1, -1), groups=c))


def noise(real: RealSamples, deviation: float, n: int) -> Tensor:
    """With noise of a deviation in levels; for points in sigmas of a mode, for other data in its own deviation."""
    x, data = real.held_out(n), real.data
    if has_centres(data):
        sigma: float = data.sigma  # type: ignore[attr-defined]
        return x + deviation * sigma * real.normal(x)
    if data.kind != "image":
        seen = data.encode(x)
        return data.decode(seen + deviation * seen.std() * real.normal(seen)) if deviation else x
    return _quantised(x + deviation * real.normal(x)) if deviation else x


def contract(real: RealSamples, share: float, n: int) -> Tensor:
    """Points moved towards the centres of their modes by that share of the way."""
    x, data = real.held_out(n), real.data
    centres: Tensor = data.centres[data.nearest(x)]  # type: ignore[attr-defined]
    return x + share * (centres - x)


def duplicate(real: RealSamples, share: float, n: int) -> Tensor:
    """That share of the samples replaced by copies of the others."""
    x, kept = real.held_out(n), max(1, round(n * (1 - share)))
    return torch.cat([x[:kept], x[torch.randint(kept, (n - kept,), generator=real.random)]])


def memorise(real: RealSamples, share: float, n: int) -> Tensor:
    """That share of the samples copied from the train split."""
    x, train, copied = real.held_out(n), real.data.train.x, round(n * share)
    return torch.cat([train[torch.randint(len(train), (copied,), generator=real.random)], x[copied:]])


def has_centres(data: Dataset) -> bool:
    """Whether these are points around known centres, as `ganzoo.Points` has them."""
    return data.kind == "points" and hasattr(data, "centres")


def _quantised(x: Tensor) -> Tensor:
    return x.round().clamp(0, 255).to(torch.uint8)


def ladders(data: Dataset) -> list[Ladder]:
    """Those that apply to this data."""
    half = data.n_modes // 2
    steps = sorted({round(half * share) for share in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)}) if half else []
    contracted = Ladder("contracted", "of the way to the centre", (0.0, 0.1, 0.25, 0.5, 0.75), contract)
    blurred = Ladder("blur", "of the height", (0.0, 0.05, 0.1, 0.15, 0.25), blur)
    own = [
        *([Ladder("modes dropped", "modes", steps, drop)] if steps else []),
        *([contracted] if has_centres(data) else [blurred] if data.kind == "image" else []),
    ]
    unit = "sigma" if has_centres(data) else "levels" if data.kind == "image" else "deviation of the data"
    return [
        *own,
        Ladder("noise", unit, (0, 8, 16, 32, 64) if data.kind == "image" else (0, 0.5, 1, 2, 4), noise),
        Ladder("duplicates", "of the samples", SHARES, duplicate),
        Ladder("memorised", "of the samples", SHARES, memorise),
    ]
