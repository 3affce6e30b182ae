"""From numbers to pixels, and where an axis has its ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

UNITS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
SPAN = 20.0  # values of which one is so many times another are drawn on a logarithmic scale
MOST = 6  # steps between ticks


@dataclass(frozen=True)
class Axis:
    """Maps `low` to the pixel `start`, `high` to `end`."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False
    whole: bool = False
    """Ticks are whole numbers."""

    @classmethod
    def around(cls, values: Iterable[float], start: float, end: float, *, log: bool = True) -> Axis:
        """One with some room around all values; logarithmic where they span decades, and where it may be."""
        found = sorted(values) or [0.0, 1.0]
        low, high = found[0], found[-1]
        if log and low > 0 and high / low >= SPAN:
            margin = (high / low) ** 0.04
            return cls(low / margin, high * margin, start, end, log=True)
        low = 0.0 if 0 <= low <= high / 2 or 0 <= low == high else low
        margin = 0.05 * (high - low) or abs(high) or 1.0
        return cls(low - margin if low else low, high + margin, start, end, whole=all(x == round(x) for x in found))

    @property
    def length(self) -> float:
        """In pixels."""
        return abs(self.end - self.start)

    def __call__(self, value: float) -> float:
        """The pixel of a value."""
        low, high, at = map(math.log, (self.low, self.high, value)) if self.log else (self.low, self.high, value)
        return self.start + (at - low) / (high - low) * (self.end - self.start)

    def ticks(self) -> dict[float, str]:
        """A few round numbers within the axis, as people write them: 0.25, 200k, 1.5M, 1e-5."""
        if self.log:
            return {value: written(value) for value in _decades(self.low, self.high)}
        step = max(_step((self.high - self.low) / MOST), 1.0 if self.whole else 0.0)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return {i * step: written(i * step, step) for i in range(first, last + 1)}


def _step(least: float) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is no smaller."""
    size = 10.0 ** math.floor(math.log10(least))
    return next(n * size for n in (1, 2, 5, 10) if n * size >= least)


def _decades(low: float, high: float) -> list[float]:
    """Powers of ten, with 2 and 5 times them, or 3 times, where they are few."""
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        ticks = [n * 10.0**e for e in exponents for n in factors if low <= n * 10.0**e <= high]
        if len(ticks) <= MOST:
            return ticks
    return ticks[:: math.ceil(len(ticks) / MOST)]


def written(value: float, step: float | None = None) -> str:
    """A tick; small ones that are `step` apart have equally many decimals."""
    if unit := next(((n, letter) for n, letter in UNITS if abs(value) >= n), None):
        return f"{value / unit[0]:.6g}{unit[1]}"
    if step is not None and step >= 1e-4:
        return f"{value:.{max(0, -math.floor(math.log10(step) + 1e-9))}f}"
    return f"{value:.6g}".replace("e-0", "e-")
