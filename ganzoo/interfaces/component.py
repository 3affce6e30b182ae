"""What a part of the zoo says of itself. Standard library only: `ganzoo list` must not import torch."""

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
"""The kinds that a spec joins with `+`."""
NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")


@dataclass(frozen=True, kw_only=True)
class Component:
    """One part: its name, where its code is, and what it recommends.

    Raises `ValueError` when a field breaks the rules below, so that a plugin's mistake is found where it is made.
    """

    kind: Kind
    name: str
    """As the literature says it: "r1", "wgangp", "dcgan"."""
    target: str = ""
    """`module:attribute`, imported only when the part is used or shown. Bundles have none."""
    summary: str = ""
    """One line of at most 80 characters."""
    paper: str = ""
    """Such as "Gulrajani et al. 2017, arXiv:1704.00028"."""
    expands: str = ""
    """Bundles only: the losses and regularizers that it stands for, such as "wgan+gp:weight=10"."""
    defaults: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Settings that it recommends, such as {"d_steps": 5}; a dataset may also set part options: {"dcgan:width": 16}."""
    data: frozenset[str] = frozenset()
    """Architectures and datasets: the kinds of data, among "image", "points", "sequence", "table"."""
    version: int = 1
    """Raised whenever its numbers change, by another default of an option too; part of every result's identity."""

    def __post_init__(self) -> None:
        for broken in self._faults():
            raise ValueError(f"component {self.name!r}: {broken}")
        object.__setattr__(self, "defaults", MappingProxyType(dict(self.defaults)))
        object.__setattr__(self, "data", frozenset(self.data))

    def __reduce__(self) -> tuple[Any, ...]:
        # A mapping that cannot be changed cannot be pickled either: a copy is made as the original was.
        return partial(type(self), **{**vars(self), "defaults": dict(self.defaults)}), ()

    def _faults(self) -> list[str]:
        bundle = self.kind == "bundle"
        rules = {
            f"kind is {self.kind!r}, but must be one of {', '.join(KINDS)}": self.kind in KINDS,
            f"a name must match {NAME.pattern}": bool(NAME.fullmatch(self.name)),
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
