"""Schedules as text, such as "2..0.2/500k": where they are in a value, and what is wrong with them."""

from __future__ import annotations

import re
from typing import NamedTuple

from ganzoo.interfaces.schedule import Schedule
from ganzoo.support.messages import listed

_FORM = re.compile(r"(?P<start>.*?)\.\.(?P<end>[^/]*)(?:/(?P<over>.*))?", re.DOTALL)
CONSTANT = (
    "what may change over a run is a float of a loss or a regularizer, or of the settings lr, ttur, betas and ema; "
    "give one value"
)
"""The end of a sentence about a schedule of anything else."""


class Halves(NamedTuple):
    """A schedule as it was written: nothing has been converted."""

    start: str
    end: str
    over: str | None


def pieces(given: object) -> list[str | Halves] | None:
    """What stands between the commas of a text, or in a tuple or list; None where no piece is written with two dots.

    Raises `ValueError` for three dots, which can be read in two ways.
    """
    items = given.split(",") if isinstance(given, str) else given if isinstance(given, tuple | list) else [given]
    texts = [str(item).strip() for item in items if isinstance(item, str | int | float | Schedule)]
    if len(texts) < len(items) or not any(".." in text for text in texts):
        return None
    return [_halves(text) or text for text in texts]


def over_budget(text: str) -> bool:
    """Whether a setting, as it is recorded, changes over the budget."""
    return any(isinstance(piece, Halves) and not piece.over for piece in pieces(text) or ())


def _halves(text: str) -> Halves | None:
    if "..." in text and (readings := list(_readings(text))):
        raise ValueError(f"{text!r} has three dots in a row, and is no schedule; write {listed(readings)}")
    found = _FORM.fullmatch(text)
    return Halves(found["start"], found["end"], found["over"]) if found else None


def _readings(text: str) -> list[str]:
    """The schedules that a text with three dots may mean, with digits on both sides of each point."""
    ends, slash, over = text.partition("/")
    cuts = [match.start() for match in re.finditer(r"(?=\.\.)", ends)]
    meant = [(_number(ends[:cut]), _number(ends[cut + 2 :])) for cut in cuts]
    return [f"{Schedule(a, b)}{slash}{over}" for a, b in meant if a is not None and b is not None]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
