"""From files to a board."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ganzoo.leaderboard import published
from ganzoo.leaderboard.compose import Options, compose
from ganzoo.leaderboard.merge import Cell, Combination, merge
from ganzoo.leaderboard.read import Problem, read
from ganzoo.leaderboard.rows import Row
from ganzoo.leaderboard.tables import Table
from ganzoo.leaderboard.verification import LEVELS, Verification, digest, level_of
from ganzoo.support.errors import BoardError
from ganzoo.support.messages import nearest

__all__ = ["Board", "Options", "build"]


@dataclass
class Board:
    """Tables, and all that is not in them."""

    tables: list[Table]
    options: Options
    cells: list[Cell]
    """What the tables are made of."""
    problems: list[Problem]
    """Lines that were not read."""
    notes: list[str] = field(default_factory=list)
    """Replications, conflicts, attempts, and what was left out: a sentence each."""
    verifications: list[Verification] = field(default_factory=list)
    published: list[published.Source] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    """What was read."""

    @property
    def rows(self) -> dict[Combination, list[tuple[Table, Row]]]:
        """Where each combination stands."""
        found: dict[Combination, list[tuple[Table, Row]]] = defaultdict(list)
        for table in self.tables:
            for row in table.rows:
                found[row.combination].append((table, row))
        return found


def build(paths: Iterable[Path], options: Options | None = None) -> Board:
    """Read, merge, filter and rank. Raises `BoardError` where there is nothing to show."""
    paths, options = list(paths), options or Options()
    reading = read(paths)
    cells = merge(reading.entries)
    _set_levels(cells, reading.verifications)
    notes = [note for cell in cells for note in _notes(cell)] + _refuted(reading.verifications)
    notes += _unpublished(cells, options.unpublished)
    cells = [cell for cell in cells if options.unpublished or not cell.record.unpublished]
    cells = _of_data(cells, options.data)
    kept = [cell for cell in cells if LEVELS.index(cell.level) >= LEVELS.index(options.min_level)]
    if len(kept) < len(cells):
        notes.append(f"{len(cells) - len(kept)} of {len(cells)} records are not verified as {options.min_level}")
    reasons: list[str] = []
    tables = compose(kept, options, reasons)
    notes = [*reasons, *notes]
    if not tables:
        raise BoardError(_nothing(paths, bool(kept), [*notes, *map(str, reading.problems)]))
    shown = {table.rows[0].record.dataset.name for table in tables}
    sources = [source for source in published.sources() if shown & set(source.beside)]
    return Board(tables, options, kept, reading.problems, notes, reading.verifications, sources, paths)


def _nothing(paths: Iterable[Path], some: bool, notes: Sequence[str]) -> str:
    where, extra = ", ".join(map(str, paths)), "".join(f"\n  {note}" for note in notes[:10])
    if some:
        return f"none of the records in {where} can be ranked{extra}"
    return f"there is nothing to rank in {where}; `ganzoo run` and `ganzoo bench` make records{extra}"


def _unpublished(cells: Iterable[Cell], ranked: bool) -> Iterable[str]:
    """A line for each recipe that others cannot repeat."""
    why = "a part came from a file that nobody published, so others cannot repeat it"
    ending = "" if ranked else ": not ranked; --unpublished ranks it here"
    for spec, n in Counter(cell.record.spec for cell in cells if cell.record.unpublished).items():
        yield f"unpublished: {spec} ({n} record{'s' * (n > 1)}): {why}{ending}"


def _of_data(cells: list[Cell], names: Sequence[str]) -> list[Cell]:
    there = sorted({cell.record.dataset.name for cell in cells})
    for name in names:
        if name not in there:
            raise BoardError(f"no record is of {name!r}{nearest(name, there)}")
    return [cell for cell in cells if not names or cell.record.dataset.name in names]


def _set_levels(cells: Iterable[Cell], verifications: Sequence[Verification]) -> None:
    if not verifications:
        return
    found: dict[str, list[Verification]] = defaultdict(list)
    for verification in verifications:
        found[verification.record].append(verification)
    for cell in cells:
        cell.level = level_of(found.get(digest(cell.entry.raw), []))


def _refuted(verifications: Iterable[Verification]) -> list[str]:
    return [f"{v.run_id}: {v.level} by {v.by}, and it does not agree: {v.note}" for v in verifications if not v.agrees]


def _notes(cell: Cell) -> Iterable[str]:
    name, where = f"{cell.record.spec} seed {cell.record.seed}", cell.entry.source
    for entry, why in cell.conflicts:
        yield f"CONFLICT: {name}: {entry.source} says otherwise than {where}, which counts: {why}"
    for entry, why in cell.replications:
        yield f"replication: {name}: {entry.source} agrees with {where}: {why}"
    for entry in cell.superseded:
        yield f"superseded: {name}: {entry.source} ({entry.record.status}) was tried again: {where}"
