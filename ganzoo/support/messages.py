"""Phrases that messages share. Standard library only."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(given: str, possible: Iterable[str], otherwise: str = "") -> str:
    """The end of a sentence about an unknown name: "; nearest: dcgan", else `otherwise`, else all possible names."""
    from difflib import get_close_matches

    possible = list(possible)
    if close := get_close_matches(given.lower(), possible, cutoff=0.5):
        return f"; nearest: {', '.join(close)}"
    return f"; {otherwise or 'possible: ' + (', '.join(possible) or 'none')}"


def sentence(error: BaseException) -> str:
    """An exception on one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())


def listed(names: Iterable[str], last: str = "or") -> str:
    """ "a, b or c"."""
    *most, end = names
    return f"{', '.join(most)} {last} {end}" if most else end
