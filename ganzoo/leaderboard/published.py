"""What others published: shown beside ours, cited, never ranked."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

PLACE = Path(__file__).with_name("published")
"""`benchmarks/published` is a link to it."""


class Figures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One method's line."""

    method: str
    values: list[str]
    """As printed; empty where the source has none."""


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of one source."""

    title: str
    citation: str
    link: str = ""
    data: str
    """What it was measured on, in words."""
    beside: list[str]
    """The data sets of ganzoo beside which it is shown."""
    protocol: str
    columns: list[str]
    """With units."""
    rows: list[Figures]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    table: list[Source]


@cache
def sources() -> list[Source]:
    """All of them, by file. Raises `ValueError` for a row with more or fewer figures than there are columns."""
    found = sorted(PLACE.glob("*.toml"))
    tables = [table for path in found for table in msgspec.toml.decode(path.read_bytes(), type=_File).table]
    for table in tables:
        for row in table.rows:
            if len(row.values) != len(table.columns):
                raise ValueError(f"{table.title}: {row.method} has {len(row.values)} figures, not {len(table.columns)}")
    return tables
