"""What someone else found when they looked at a record: `ganzoo.verification/1`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal

import msgspec

LEVELS = ("reported", "recomputed", "rerun")
"""How far a record has been verified, least first."""


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """A line beside records. It never changes them."""

    schema: Literal["ganzoo.verification/1"] = "ganzoo.verification/1"
    record: str
    """`digest` of the record."""
    run_id: str
    level: Literal["recomputed", "rerun"]
    """recomputed: metrics from the stored generator; rerun: trained again."""
    agrees: bool
    by: str
    """Who or what, with versions and device."""
    when: str
    difference: dict[str, float | None]
    """Metric -> |new - old| / max(|new|, |old|); None where only one of them has a value."""
    note: str
    """How it was judged."""


def digest(raw: bytes) -> str:
    """The sha256 of a record, however it is indented or ordered."""
    return hashlib.sha256(msgspec.json.encode(msgspec.json.decode(raw), order="sorted")).hexdigest()


def level_of(found: Iterable[Verification]) -> str:
    """The highest level at which a record was found to be right, unless it was also found to be wrong."""
    found = list(found)
    if not all(verification.agrees for verification in found):
        return LEVELS[0]
    return max((verification.level for verification in found), key=LEVELS.index, default=LEVELS[0])
