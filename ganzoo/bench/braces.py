"""Braces in specs, as a shell has them: "dcgan+{bce,hinge}" is two specs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise, product

from ganzoo.support.errors import SpecError

_GROUP = re.compile(r"(\{[^{}]*\})")


def expand(text: str) -> list[str]:
    """Every spec that `text` stands for: "mlp+{bce,hinge+sn}+{,r1}" is four; an empty alternative leaves the part out.

    Braces hold whole parts without options, because a comma would separate options too. A `+` that a shell left behind,
    when it expanded the braces itself, is dropped. Raises `SpecError`.
    """
    pieces = _GROUP.split(text)
    if faults := [f"{text!r}: {fault}" for fault in _faults(pieces)]:
        raise SpecError(faults)
    choices = [_alternatives(piece) if piece.startswith("{") else [piece] for piece in pieces]
    return list(dict.fromkeys(_tidy("".join(chosen)) for chosen in product(*choices)))


def expand_all(texts: Sequence[str], faults: list[str]) -> list[str]:
    """Of several, each once; what is wrong becomes faults."""
    found: dict[str, None] = {}
    for text in texts:
        try:
            found |= dict.fromkeys(expand(text))
        except SpecError as error:
            faults += error.faults
    return list(found)


def _faults(pieces: list[str]) -> list[str]:
    if any(mark in piece for piece in pieces[::2] for mark in "{}"):
        return ["a brace has no partner, or stands within others; write {bce,hinge}"]
    faults = []
    for before, group in list(pairwise(pieces))[::2]:
        if any(mark in group for mark in ":@"):
            faults.append(f"{group}: braces hold whole parts without options; write such combinations one by one")
        if before and before[-1] not in "+@":
            faults.append(f"{group}: braces hold whole parts; there is a {before[-1]!r} before them")
    faults += [
        f"{group}: braces hold whole parts; there is a {after[0]!r} behind them"
        for group, after in list(pairwise(pieces))[1::2]
        if after and after[0] not in "+@"
    ]
    return faults


def _alternatives(group: str) -> list[str]:
    return [part.strip() for part in group[1:-1].split(",")]


def _tidy(spec: str) -> str:
    """Without the `+` of parts that were left out."""
    parts, at, data = spec.partition("@")
    return re.sub(r"\+{2,}", "+", parts).strip("+") + at + data
