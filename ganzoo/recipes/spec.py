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
    return re.sub("[+,@=%]", lambda found: f"%{ord(found[0]):02X}", value)


def parse(text: str) -> Spec:
    """Read a spec. Raises `SpecError` with all faults of its syntax."""
    before, at, after = text.partition("@")
    faults = list(_after_at(after))
    dataset = _part(after, faults) if at and not faults else None
    spec = Spec(tuple(_part(part, faults) for part in _PLUS.split(before)), dataset)
    if faults:
        raise SpecError(faults)
    return spec


def parse_dataset(text: str) -> PartSpec:
    """Read the value of `--data`, in which `@` and `+` are only characters. Raises `SpecError` as `parse` does."""
    faults: list[str] = []
    part = _part(text, faults)
    if part.kind is not None and not faults:
        faults.append(f"{text!r}: write the data set without a kind, as {part.name!r}")
    if faults:
        raise SpecError(faults)
    return part


def _after_at(text: str) -> Iterator[str]:
    if "@" in text:
        yield f"'@{text}': one data set at most; an '@' in a value is written %40"
    if _PLUS.search(text):
        yield f"'@{text}': the data set comes last, after all parts; a '+' in a value is written %2B"
    if "=" in text.partition(":")[0]:
        yield f"'@{text}': write the data set without a kind, as @digits"


def _part(text: str, faults: list[str]) -> PartSpec:
    head, colon, options = text.partition(":")
    found = _HEAD.fullmatch(head)
    if not head:
        faults.append("a part has no name; write a spec such as dcgan+wgangp@digits")
    elif not found:
        faults.append(
            f"{head!r} is no name of a part: letters, digits, - and _; options follow a ':', as in gp:weight=5"
        )
    values = dict(_options(head, options, faults)) if colon else {}
    return PartSpec(found["name"], found["kind"], found["plugin"], values) if found else PartSpec(head, options=values)


def _options(head: str, text: str, faults: list[str]) -> Iterator[tuple[str, str]]:
    keys: set[str] = set()
    for i, option in enumerate(text.split(",")):
        key, equals, value = option.partition("=") if "=" in option else ("", "", option)
        if fault := _fault(i, key, equals, value) or (f"{key!r} is given twice" if key in keys else ""):
            faults.append(f"{head}: {fault}")
            continue
        keys.add(key)
        yield key, unquote(value, errors="strict")


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
