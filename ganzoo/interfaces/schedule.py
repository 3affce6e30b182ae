"""A number that changes over a run."""

from __future__ import annotations

import math
from typing import Any

import msgspec


class Schedule(msgspec.Struct, frozen=True):
    """Half a cosine from `start` to `end`, over the budget or over a number of images; then it stays.

    `str` gives its text in a spec: "2..0.2", or "2..0.2/500000".
    """

    start: float
    end: float
    over: int | None = None
    """Real images shown to D until it is at its end; None: the budget, which then decides the numbers of a run."""

    def at(self, images: int, budget: int) -> float:
        """Its value after so many of the budget's images."""
        share = 0.5 + 0.5 * math.cos(math.pi * min(images / (self.over or budget), 1.0))
        value = self.start * share + self.end * (1.0 - share)
        return min(max(value, min(self.start, self.end)), max(self.start, self.end))  # never beyond an end by rounding

    def __str__(self) -> str:
        ends = "..".join(repr(number).removesuffix(".0") for number in (self.start, self.end))
        return f"{ends}/{self.over}" if self.over else ends


def value_at(value: Any, images: int, budget: int) -> Any:
    """What a value of an option or a setting is after so many images; a tuple may hold schedules."""
    if isinstance(value, tuple):
        return tuple(value_at(each, images, budget) for each in value)
    return value.at(images, budget) if isinstance(value, Schedule) else value


def first(value: Any) -> Any:
    """What a value of an option or a setting is when a run begins."""
    return value_at(value, 0, 1)


def last(value: Any) -> Any:
    """What it is in the end."""
    if isinstance(value, tuple):
        return tuple(map(last, value))
    return value.end if isinstance(value, Schedule) else value


def schedules_in(value: Any) -> list[Schedule]:
    """The schedules in a value of an option or a setting: at most one, unless it is a tuple."""
    return [each for each in (value if isinstance(value, tuple) else (value,)) if isinstance(each, Schedule)]
