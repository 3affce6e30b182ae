"""Scales, ticks and the frame of a figure in SVG.

Not by matplotlib: its SVG has no tooltips, has fixed colours where the style sheet of the pages has a light and a dark
scheme, is five times as large, and takes 50 ms, of which a site with thousands of pages takes minutes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from html import escape

from ganzoo.leaderboard.numbers import format_count

WIDTH, HEIGHT = 400, 290
LEFT, RIGHT, TOP, BOTTOM = 54, 12, 12, 46
"""Pixels of the margins around the frame."""


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
        """A scale that is a little wider than the values."""
        shown = [v for v in values if math.isfinite(v) and (v > 0 or not log)] or [1.0]
        low, high = min(shown), max(shown)
        if log:
            margin = max(high**0.06 / low**0.06, 1.15)
            return cls(max(low / margin, 1e-300), min(high * margin, 1e300), start, end, True)
        margin = 0.06 * (high - low) or 0.5
        return cls(low - margin, high + margin, start, end)

    @cached_property
    def _offset_and_slope(self) -> tuple[float, float]:
        """Pixels at zero and for each unit, of a number or of its logarithm."""
        low, high = (math.log(self.low), math.log(self.high)) if self.log else (self.low, self.high)
        slope = (self.end - self.start) / (high - low)
        return self.start - slope * low, slope

    def __call__(self, x: float) -> float:
        """The pixel of a number; that of an end for a number outside."""
        offset, slope = self._offset_and_slope
        x = min(max(x, self.low), self.high)
        return round(offset + slope * (math.log(x) if self.log else x), 1)

    def ticks(self) -> list[float]:
        """Four to eight round numbers on the scale."""
        return _log_ticks(self.low, self.high) if self.log else _linear_ticks(self.low, self.high)


def _linear_ticks(low: float, high: float) -> list[float]:
    least = (high - low) / 5
    power = 10 ** math.floor(math.log10(least))
    step = next(power * k for k in (1, 2, 5, 10) if power * k >= least)
    return [round(i * step, 12) for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 8)):
        ticks = [k * 10.0**d for d in decades for k in factors if low <= k * 10.0**d <= high]
        if len(ticks) >= 4:
            break
    return ticks[:: 1 + len(ticks) // 9] if len(ticks) > 2 else _linear_ticks(low, high)


def frame(x: Scale, y: Scale, x_title: str, y_title: str, counts: bool = False) -> Iterator[str]:
    """Grid lines, tick labels and titles; with `counts`, 700,000 on the x axis is 700k."""
    bottom, middle = HEIGHT - BOTTOM, (TOP + HEIGHT - BOTTOM) / 2
    for tick in y.ticks():
        yield f'<line class="grid" x1="{LEFT}" x2="{x.end}" y1="{y(tick)}" y2="{y(tick)}"/>'
        yield f'<text class="tick" x="{LEFT - 7}" y="{y(tick) + 4}" text-anchor="end">{tick:g}</text>'
    for tick in x.ticks():
        label = format_count(tick) if counts else f"{tick:g}"
        yield f'<line class="grid" x1="{x(tick)}" x2="{x(tick)}" y1="{TOP}" y2="{bottom}"/>'
        yield f'<text class="tick" x="{x(tick)}" y="{bottom + 17}" text-anchor="middle">{label}</text>'
    yield f'<text class="axis" x="{(LEFT + x.end) / 2}" y="{HEIGHT - 6}" text-anchor="middle">{escape(x_title)}</text>'
    yield (
        f'<text class="axis" transform="translate(12 {middle}) rotate(-90)" text-anchor="middle">'
        f"{escape(y_title)}</text>"
    )


def svg(parts: Iterable[str], label: str) -> str:
    """A whole figure; a screen reader reads the label."""
    inside = "".join(parts)
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">{inside}</svg>'
