"""`Component`: what a plugin declares about each of its parts. Standard library only, so that `ganzoo list` is fast."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any, Literal, get_args

Kind = Literal["architecture", "loss", "regularizer", "bundle", "dataset", "metric", "extractor", "tracker", "launcher"]
KINDS: tuple[str, ...] = get_args(Kind)
MIXED = ("architecture", "loss", "regularizer", "bundle")
"""The kinds that a spec joins with `+`. Their parts share one set of names."""
NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")


@dataclass(frozen=True, kw_only=True)
class Component:
    """One part: its name, where its code is, and the settings that it recommends.

    Raises `ValueError` if a field breaks one of the rules below.
    """

    kind: Kind
    name: str
    """As in the literature: "r1", "wgangp", "dcgan"."""
    target: str = ""
    """"module:attribute", imported only when the part is used or shown. Bundles have none."""
    summary: str = ""
    """One line of at most 80 characters."""
    paper: str = ""
    """Such as "Gulrajani et al. 2017, arXiv:1704.00028"."""
    expands: str = ""
    """Bundles only: the parts that it combines, such as "wgan+gp:weight=10"."""
    defaults: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Recommended settings, such as {"d_steps": 5}. A data set may also recommend options of parts, and settings with
    a bundle: {"dcgan:width": 16, "wgangp:d_steps": 2}."""
    aliases: tuple[str, ...] = ()
    """Names that it had before, the oldest first: old specs can still be read, and recipe ids keep the oldest."""
    renamed: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The same for its options: {"old name": "name"}."""
    data: frozenset[str] = frozenset()
    """Architectures and data sets: the kinds of data, such as "image", "points", "sequence", "table"."""
    version: int = 1
    """Increase it whenever results change, also when only an option's default does. It is part of every recipe id."""

    def __post_init__(self) -> None:
        for fault in self._faults():
            raise ValueError(f"component {self.name!r}: {fault}")
        object.__setattr__(self, "defaults", MappingProxyType(dict(self.defaults)))
        object.__setattr__(self, "renamed", MappingProxyType(dict(self.renamed)))
        object.__setattr__(self, "aliases", tuple(self.aliases))
        object.__setattr__(self, "data", frozenset(self.data))

    def __reduce__(self) -> tuple[Any, ...]:
        # A read-only mapping cannot be pickled, so a copy is constructed from a plain dict.
        return partial(type(self), **{**vars(self), "defaults": dict(self.defaults), "renamed": dict(self.renamed)}), ()

    def _faults(self) -> list[str]:
        bundle = self.kind == "bundle"
        rules = {
            f"kind is {self.kind!r}, but must be one of {', '.join(KINDS)}": self.kind in KINDS,
            f"a name must match {NAME.pattern}": all(NAME.fullmatch(name) for name in (self.name, *self.aliases)),
            f"the summary has {len(self.summary)} characters on {self.summary.count(chr(10)) + 1} lines; "
            "write one line of at most 80": len(self.summary) <= 80 and "\n" not in self.summary,
            'a bundle needs `expands`, such as "wgan+gp", and no `target`': not bundle
            or bool(self.expands and not self.target),
            'a part needs a `target`, such as "package.module:Class", and no `expands`': bundle
            or bool(re.fullmatch(r"[\w.]+:\w+", self.target) and not self.expands),
            f"version is {self.version!r}, but must be a whole number from 1": isinstance(self.version, int)
            and self.version >= 1,
        }
        return [fault for fault, holds in rules.items() if not holds]
