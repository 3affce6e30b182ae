"""The types of options, as Python's hints state them: in words, and values of them from text."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from ganzoo.support.files import expanded

_BOUNDS = {"gt": "> {}", "ge": ">= {}", "lt": "< {}", "le": "<= {}", "multiple_of": "a multiple of {}"}
_BOUNDS |= {"pattern": "matching {}", "min_length": "at least {} long", "max_length": "at most {} long"}
_BOOLS = dict.fromkeys(("true", "yes", "on"), True) | dict.fromkeys(("false", "no", "off"), False)
_NONE = ("none", "off", "null")
_UNITS = {"k": 3, "m": 6}
"""Powers of ten."""
_LONGEST = 18
"""Digits of a count with a unit, so that "1e999999999k" is refused and not computed."""


def is_utf8(text: str) -> bool:
    """Whether no character is a surrogate, as which Python reads bytes of a path that are not UTF-8."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def members_of(hint: Any) -> list[Any]:
    """The types of a union; of anything else, itself."""
    return list(get_args(hint)) if get_origin(hint) in (Union, UnionType) else [hint]


def bare(hint: Any) -> Any:
    """A hint without its bounds."""
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def in_words(hint: Any) -> str:
    """Such as "float or none", "batch|layer"."""
    hint = bare(hint)
    if len(members := members_of(hint)) > 1:
        return " or ".join(in_words(member) for member in members)
    if get_origin(hint) is Literal:
        return "|".join(map(str, get_args(hint)))
    if get_origin(hint) in (tuple, list):
        return ",".join("..." if arg is ... else in_words(arg) for arg in get_args(hint))
    return {NoneType: "none", Path: "path", str: "text"}.get(hint, getattr(hint, "__name__", str(hint)))


def bounds_of(hint: Any) -> Iterator[str]:
    """Such as ">= 0" and "< 1", of the types in a tuple too."""
    for meta in getattr(hint, "__metadata__", ()):
        yield from (text.format(v) for name, text in _BOUNDS.items() if (v := getattr(meta, name, None)) is not None)
    for inner in () if get_origin(bare(hint)) is Literal else get_args(bare(hint)):
        yield from bounds_of(inner)


def convert_to(hint: Any, given: object) -> Any:
    """Text, or a value, as a value of the type. Raises `ValueError` or what msgspec raises."""
    members = [bare(member) for member in members_of(bare(hint))]
    if isinstance(given, str) and NoneType in members and given.lower() in _NONE:
        return None
    if Path in members and isinstance(given, str | Path):
        return expanded(given)
    return msgspec.convert(read_text(members, given), hint, strict=False)


def read_text(members: list[Any], given: object) -> object:
    """Text as people write it, in the form that msgspec reads."""
    if not isinstance(given, str):
        return given
    if bool in members and given.lower() in _BOOLS:
        return _BOOLS[given.lower()]
    if any(get_origin(member) in (tuple, list) for member in members):
        return [text.strip() for text in given.split(",")]
    if int in members and str not in members and given[-1:].lower() in _UNITS:
        return _counted(given)
    return given


def _counted(text: str) -> int | str:
    """ "1.001k" as 1001, in decimals so that nothing is rounded; text that is no whole number stays text."""
    try:
        count = Decimal(text[:-1]).scaleb(_UNITS[text[-1].lower()])
    except ArithmeticError:
        return text
    whole = count.is_finite() and count.adjusted() < _LONGEST and count == count.to_integral_value()
    return int(count) if whole else text


def takes(hint: Any, kind: type) -> bool:
    """Whether `kind` is among the types of a hint, however deep."""
    return bare(hint) is kind or any(takes(inner, kind) for inner in get_args(bare(hint)))


def is_numeric(hint: Any) -> bool:
    """Whether it admits numbers, and no text or path, in which two dots are two dots."""
    return any(takes(hint, kind) for kind in (int, float)) and not any(takes(hint, kind) for kind in (str, Path))


def is_sequence(hint: Any) -> bool:
    """Whether it admits a tuple or a list."""
    return any(get_origin(bare(member)) in (tuple, list) for member in members_of(bare(hint)))


def is_finite(given: object) -> bool:
    """Whether every number in it is: also one written as text, or too large for a float."""
    items = given.split(",") if isinstance(given, str) else given if isinstance(given, tuple | list) else [given]
    return all(map(_finite_number, items))


def _finite_number(item: Any) -> bool:
    try:
        return math.isfinite(float(item))
    except OverflowError:
        return False
    except (ValueError, TypeError):
        return True  # no number: another fault, or none
