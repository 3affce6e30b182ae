"""Scales and ticks of a figure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from html import escape

from ganzoo.leaderboard.numbers import format_count as counted

WIDTH, HEIGHT = 400, 290
LEFT, RIGHT, TOP, BOTTOM = 54, 12, 12, 46


@dataclass(frozen=True)
class Scale:
    """From numbers to pixels, linear or logarithmic."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    @classmethod
    def around(cls, values: Iterable[float], start: float, end: float, log: bool) -> Scale:
        """A little wider than the values."""
        kept = [v for v in values if math.isfinite(v) and (v > 0 or not log)] or [1.0]
        low, high = min(kept), max(kept)
        if log:
            pad = max((high / low) ** 0.06, 1.15)
            return cls(low / pad, high * pad, start, end, True)
        pad = 0.06 * (high - low) or 0.5
        return cls(low - pad, high + pad, start, end)

    @cached_property
    def _line(self) -> tuple[float, float]:
        """Pixels of zero, and to each unit, of the number or its logarithm."""
        low, high = (math.log(self.low), math.log(self.high)) if self.log else (self.low, self.high)
        slope = (self.end - self.start) / (high - low)
        return self.start - slope * low, slope

    def __call__(self, x: float) -> float:
        """Pixels; what lies outside is drawn at the edge."""
        zero, slope = self._line
        x = min(max(x, self.low), self.high)
        return round(zero + slope * (math.log(x) if self.log else x), 1)

    def ticks(self) -> list[float]:
        """Round numbers inside, four to eight of them."""
        return _log_ticks(self.low, self.high) if self.log else _linear_ticks(self.low, self.high)


def _linear_ticks(low: float, high: float) -> list[float]:
    raw = (high - low) / 5
    size = 10 ** math.floor(math.log10(raw))
    step = next(size * k for k in (1, 2, 5, 10) if size * k >= raw)
    first = math.ceil(low / step)
    return [round(i * step, 12) for i in range(first, math.floor(high / step) + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 8)):
        found = [k * 10.0**d for d in decades for k in steps if low <= k * 10.0**d <= high]
        if len(found) >= 4:
            break
    return found[:: 1 + len(found) // 9] if len(found) > 2 else _linear_ticks(low, high)


def frame(x: Scale, y: Scale, x_title: str, y_title: str, counts: bool = False) -> Iterator[str]:
    """Grid, numbers and titles; `counts` writes 700k for 700,000 on the x axis."""
    bottom, middle = HEIGHT - BOTTOM, (TOP + HEIGHT - BOTTOM) / 2
    for tick in y.ticks():
        yield f'<line class="grid" x1="{LEFT}" x2="{x.end}" y1="{y(tick)}" y2="{y(tick)}"/>'
        yield f'<text class="tick" x="{LEFT - 7}" y="{y(tick) + 4}" text-anchor="end">{tick:g}</text>'
    for tick in x.ticks():
        text = counted(tick) if counts else f"{tick:g}"
        yield f'<line class="grid" x1="{x(tick)}" x2="{x(tick)}" y1="{TOP}" y2="{bottom}"/>'
        yield f'<text class="tick" x="{x(tick)}" y="{bottom + 17}" text-anchor="middle">{text}</text>'
    yield f'<text class="axis" x="{(LEFT + x.end) / 2}" y="{HEIGHT - 6}" text-anchor="middle">{escape(x_title)}</text>'
    yield (
        f'<text class="axis" transform="translate(12 {middle}) rotate(-90)" text-anchor="middle">'
        f"{escape(y_title)}</text>"
    )


def svg(parts: Iterable[str], name: str) -> str:
    """The whole figure; `name` is what a screen reader says of it."""
    inside = "".join(parts)
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(name)}">{inside}</svg>'
