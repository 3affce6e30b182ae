"""What a check is: a small function that yields a sentence for each fault, and what to say to whoever made it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

TIERS = ("static", "build", "mathematics", "capture", "combination", "learning")
"""From what takes no time to what takes minutes."""
PLUGIN = "plugin"
"""Among a check's kinds: it looks at the plugin as a whole."""
TERMS = ("loss", "regularizer")
PAGE = "CONTRIBUTING.md, 'A part of your own, without asking us'"


class Skip(Exception):
    """There is nothing to check. The message says why."""


@dataclass(frozen=True)
class Check:
    """One rule."""

    name: str
    tier: str
    kinds: tuple[str, ...]
    """Of the parts that it is for."""
    run: Callable[[Any], Iterator[str]]
    """Yields a sentence for each fault of a `Candidate`, or of a `Subject` where `kinds` has "plugin"."""
    mend: str
    see: str

    @property
    def why(self) -> str:
        """Its reason: the docstring of its function, on one line."""
        return " ".join(inspect.cleandoc(self.run.__doc__ or "").split())


def check(tier: str, *kinds: str, mend: str, see: str) -> Callable[[Callable[[Any], Iterator[str]]], Check]:
    """Make a check of a function whose docstring says why there is such a rule."""

    def made(run: Callable[[Any], Iterator[str]]) -> Check:
        return Check(run.__name__, tier, kinds, run, mend, see)

    return made
