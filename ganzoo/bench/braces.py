"""Braces in specs, as in a shell: "dcgan+{bce,hinge}" is two specs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from ganzoo.support.errors import SpecError

_GROUP = re.compile(r"\{([^{}]*)\}")


def expand_braces(text: str) -> list[str]:
    """Every spec that `text` stands for: "mlp+{bce,hinge+sn}+{,r1}" is four; an empty alternative adds no part.

    Braces hold whole parts without options, because a comma would separate options too. A `+` that a shell left behind
    when it expanded the braces itself is dropped. Raises `SpecError`.
    """
    if faults := [f"{text!r}: {fault}" for fault in _brace_faults(text)]:
        raise SpecError(faults)
    pieces = _GROUP.split(text)  # those at odd places were in braces
    choices = [[part.strip() for part in piece.split(",")] if i % 2 else [piece] for i, piece in enumerate(pieces)]
    return list(dict.fromkeys(_without_empty_parts("".join(choice)) for choice in product(*choices)))


def _brace_faults(text: str) -> Iterator[str]:
    if {*"{}"} & {*_GROUP.sub("", text)}:
        yield "a brace has no partner, or one group is inside another; write {bce,hinge}"
        return
    for match in _GROUP.finditer(text):
        group, before, after = match[0], text[: match.start()][-1:], text[match.end() :][:1]
        if {*":@"} & {*group}:
            yield f"{group}: braces hold whole parts without options; write these combinations one by one"
        if before not in ("", "+", "@"):
            yield f"{group}: braces hold whole parts, but {before!r} comes before them; write + there"
        if after not in ("", "+", "@"):
            yield f"{group}: braces hold whole parts, but {after!r} comes after them; write + there"


def _without_empty_parts(spec: str) -> str:
    parts, at, data = spec.partition("@")
    return re.sub(r"\+{2,}", "+", parts).strip("+") + at + data
