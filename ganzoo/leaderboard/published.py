"""Figures from papers: shown apart from our tables, cited, never ranked."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

FOLDER = Path(__file__).with_name("published")
"""`benchmarks/published` is a link to it."""


class PublishedRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The figures of one method."""

    method: str
    values: list[str]
    """As printed; empty where the paper has none."""


class PublishedTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a paper."""

    title: str
    citation: str
    link: str = ""
    data: str
    """The data that was measured, in words."""
    datasets: list[str]
    """The data sets of ganzoo with which it is shown."""
    protocol: str
    columns: list[str]
    """With units."""
    rows: list[PublishedRow]


@cache
def published_tables() -> list[PublishedTable]:
    """All of them, by file. Raises `ValueError` for a row with more or fewer figures than there are columns."""
    tables: list[PublishedTable] = []
    for path in sorted(FOLDER.glob("*.toml")):
        tables += msgspec.toml.decode(path.read_bytes(), type=dict[str, list[PublishedTable]])["table"]
    for table in tables:
        for row in table.rows:
            if len(row.values) != len(table.columns):
                raise ValueError(f"{table.title}: {row.method} has {len(row.values)} figures, not {len(table.columns)}")
    return tables
