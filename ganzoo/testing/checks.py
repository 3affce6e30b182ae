"""What a check is: a function that yields a sentence for each fault, and advice for the author of the part."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

TIERS = ("static", "build", "mathematics", "capture", "combination", "learning")
"""Groups of checks, from those that take no time to those that train for minutes."""
PLUGIN = "plugin"
"""In `Check.kinds`: the check is about the plugin as a whole."""
TERMS = ("loss", "regularizer")
GUIDE = "CONTRIBUTING.md"


class Skip(Exception):
    """Raised by a check that does not apply. The message says why."""


@dataclass(frozen=True)
class Check:
    """One rule that parts must keep."""

    name: str
    tier: str
    kinds: tuple[str, ...]
    """The kinds of parts that it applies to."""
    run: Callable[[Any], Iterator[str]]
    """Yields a sentence for each fault of a `PartUnderTest`, or of a `PluginUnderTest` where `kinds` has "plugin"."""
    mend: str
    """How to mend a fault."""
    see: str
    """Where the rule is documented."""

    @property
    def why(self) -> str:
        """The reason for the rule: the docstring of its function, on one line."""
        return " ".join(inspect.cleandoc(self.run.__doc__ or "").split())


def check(tier: str, *kinds: str, mend: str, see: str) -> Callable[[Callable[[Any], Iterator[str]]], Check]:
    """Make a check of a function. Its name becomes the check's name, its docstring the reason for the rule."""
    return lambda run: Check(run.__name__, tier, kinds, run, mend, see)
