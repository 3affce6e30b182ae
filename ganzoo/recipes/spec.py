"""The grammar of specs, such as "resnet:width=64+hinge+r1:weight=5,every=16@stacked-digits". Knows no names.

    spec    = part ("+" part)* ["@" dataset]
    part    = [kind "="] [plugin "/"] name [":" option ("," option)*]
    dataset = [plugin "/"] name [":" option ("," option)*]
    option  = key "=" value, or one leading positional value

`+` separates only before a letter, so that `1e+4` is a value. `+ , @ = %` in a value are written %2B %2C %40 %3D %25.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from ganzoo.support.errors import SpecError
from ganzoo.support.faults import Faults

_HEAD = re.compile(r"(?:(?P<kind>\w+)=)?(?:(?P<plugin>\w[\w.-]*)/)?(?P<name>[a-z][\w-]*)", re.ASCII | re.IGNORECASE)
_KEY = re.compile(r"[a-z_]\w*", re.ASCII | re.IGNORECASE)
_STRAY = re.compile(r"%(?![0-9a-f]{2})", re.IGNORECASE)
_PLUS = re.compile(r"\+(?=[a-z])", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class PartSpec:
    """One part as it was written: nothing about it has been looked up. `str` gives the canonical form."""

    name: str
    kind: str | None = None
    plugin: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    """Decoded values; the key of the leading positional value is ""."""

    @property
    def head(self) -> str:
        """The part without its options."""
        return (f"{self.kind}=" if self.kind else "") + (f"{self.plugin}/" if self.plugin else "") + self.name

    def __str__(self) -> str:
        options = [f"{key}={quote(value)}" if key else quote(value) for key, value in self.options.items()]
        return self.head + (":" + ",".join(options) if options else "")


@dataclass(frozen=True)
class Spec:
    """A recipe as it was written. `str` gives the canonical form, which parses to the same."""

    parts: tuple[PartSpec, ...]
    dataset: PartSpec | None = None

    def __str__(self) -> str:
        return "+".join(map(str, self.parts)) + (f"@{self.dataset}" if self.dataset else "")


def quote(value: str) -> str:
    """Encode what separates, so that `value` can stand in a spec."""
    return re.sub("[+,@=%]", lambda match: f"%{ord(match[0]):02X}", value)


def parse(text: str) -> Spec:
    """Read a spec. Raises `SpecError` with all faults of its syntax."""
    before, at, after = text.partition("@")
    faults = Faults(_after_at(after))
    dataset = faults.collect(_parse_part, after) if at and not faults else None
    parts = [part for piece in _PLUS.split(before) if (part := faults.collect(_parse_part, piece))]
    faults.raise_if_any()
    return Spec(tuple(parts), dataset)


def parse_part(text: str) -> PartSpec:
    """Read one part whose kind is known, such as the value of `--data`: `@` and `+` are only characters in it.

    Raises `SpecError` with all faults of its syntax.
    """
    part = _parse_part(text)
    if part.kind is not None:
        raise SpecError([f"{text!r}: write it without its kind, as {part.name!r}"])
    return part


def _after_at(text: str) -> Iterator[str]:
    if "@" in text:
        yield f"'@{text}': one data set at most; an '@' in a value is written %40"
    if _PLUS.search(text):
        yield f"'@{text}': the data set comes last, after all parts; a '+' in a value is written %2B"
    if "=" in text.partition(":")[0]:
        yield f"'@{text}': write the data set without a kind, as @digits"


def _parse_part(text: str) -> PartSpec:
    head, colon, options = text.partition(":")
    match, faults = _HEAD.fullmatch(head), Faults()
    if not head:
        faults.add("a part has no name; write a spec such as dcgan+wgangp@digits")
    elif not match:
        faults.add(f"{head!r} is no name of a part: letters, digits, - and _; options follow a ':', as in gp:weight=5")
    values = _parse_options(head, options, faults) if colon else {}
    faults.raise_if_any()
    assert match is not None
    return PartSpec(match["name"], match["kind"], match["plugin"], values)


def _parse_options(head: str, text: str, faults: Faults) -> dict[str, str]:
    values: dict[str, str] = {}
    for i, option in enumerate(text.split(",")):
        key, equals, value = option.partition("=") if "=" in option else ("", "", option)
        if fault := _fault(i, key, equals, value) or (f"{key!r} is given twice" if key in values else ""):
            faults.add(f"{head}: {fault}")
        else:
            values[key] = unquote(value, errors="strict")
    return values


def _fault(position: int, key: str, equals: str, value: str) -> str:
    """What is wrong with the syntax of one option; empty if nothing is."""
    if not equals and not value:
        return "an option is empty; write key=value after each ':' and ','"
    if not equals and position:
        return f"{value!r} has no key; only the first option may be a value alone, and a ',' in a value is written %2C"
    if equals and not _KEY.fullmatch(key):
        return f"{key!r} is no name of an option; an '=' in a value is written %3D"
    if _STRAY.search(value):
        return f"{value!r}: a '%' in a value is written %25"
    return "" if _is_utf8(value) else f"{value!r}: the codes after '%' are not UTF-8"


def _is_utf8(value: str) -> bool:
    try:
        unquote(value, errors="strict")
    except UnicodeDecodeError:
        return False
    return True
