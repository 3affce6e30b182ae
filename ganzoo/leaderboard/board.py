"""From files of records to a board."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ganzoo.leaderboard.match import BudgetUnit
from ganzoo.leaderboard.merge import BoardCell, Combination, merge_records
from ganzoo.leaderboard.published import PublishedTable, published_tables
from ganzoo.leaderboard.ranking import rank_table
from ganzoo.leaderboard.record_files import LEVELS, UnreadLine, read_records
from ganzoo.leaderboard.rows import BoardRow
from ganzoo.leaderboard.tables import BoardTable, compose_tables
from ganzoo.support.errors import BoardError
from ganzoo.support.messages import nearest


@dataclass(frozen=True, kw_only=True)
class BoardOptions:
    """What a board shows."""

    data: Sequence[str] = ()
    """Names of data sets; empty for all."""
    metric: str | None = None
    """A name, or a name with its protocol; None for the primary metric of each data set."""
    match: BudgetUnit | None = None
    """Compare runs at equal amounts of it; None to compare their ends."""
    min_level: str = LEVELS[0]
    """Leave out records with a weaker level of verification."""
    unpublished: bool = False
    """Also rank records that others cannot repeat, because a part came from an unpublished file."""


@dataclass
class Board:
    """Ranked tables, and what was left out of them."""

    tables: list[BoardTable]
    options: BoardOptions
    cells: list[BoardCell]
    """The merged records of the tables."""
    unread: list[UnreadLine]
    notes: list[str]
    """A sentence for each record that is not ranked, replicated or contradicted."""
    published: list[PublishedTable]
    paths: list[Path]
    """The files and folders that were read."""

    @property
    def combinations(self) -> dict[Combination, list[tuple[BoardTable, BoardRow]]]:
        """The rows of each combination, with their tables."""
        rows: dict[Combination, list[tuple[BoardTable, BoardRow]]] = defaultdict(list)
        for table in self.tables:
            for row in table.rows:
                rows[row.combination].append((table, row))
        return rows

    def without_folders(self, text: str) -> str:
        """A text without the folders of this machine in the names of files that were read."""
        for folder in {path.resolve().parent for path in self.paths}:
            if folder != folder.parent:  # the root says nothing about a machine
                text = re.sub(rf"(?<![^\s'\"(]){re.escape(str(folder))}/", "", text)
        return text


def build_board(paths: Iterable[Path], options: BoardOptions | None = None) -> Board:
    """Read, merge, filter and rank records. Raises `BoardError` if there is nothing to rank."""
    paths, options = list(paths), options or BoardOptions()
    files = read_records(paths)
    cells = merge_records(files)
    notes = [note for cell in cells for note in cell.notes()]
    refuted = [v for v in files.verifications if not v.agrees]
    notes += [f"{v.run_id} does not agree when {v.level} by {v.by}: {v.note}" for v in refuted]
    notes += _unpublished(cells, options.unpublished)
    cells = [cell for cell in cells if options.unpublished or not cell.record.unpublished]
    cells = _of_data(cells, options.data)
    kept = [cell for cell in cells if LEVELS.index(cell.level) >= LEVELS.index(options.min_level)]
    if len(kept) < len(cells):
        notes.append(f"{len(cells) - len(kept)} of {len(cells)} records are not verified as {options.min_level}")
    tables, left_out = compose_tables(kept, options.metric, options.match)
    notes = [*left_out, *notes]
    if not tables:
        raise BoardError(_nothing_to_rank(paths, bool(kept), [*notes, *map(str, files.unread)]))
    for table in tables:
        rank_table(table)
    names = {table.rows[0].record.dataset.name for table in tables}
    published = [table for table in published_tables() if not names.isdisjoint(table.datasets)]
    return Board(tables, options, kept, files.unread, notes, published, paths)


def _unpublished(cells: Iterable[BoardCell], ranked: bool) -> Iterator[str]:
    """A sentence for each recipe that others cannot repeat."""
    why = "a part comes from an unpublished file, so others cannot repeat it"
    ending = "" if ranked else ": not ranked; --unpublished ranks it here"
    for spec, n in Counter(cell.record.spec for cell in cells if cell.record.unpublished).items():
        yield f"unpublished: {spec} ({n} record{'s' * (n > 1)}): {why}{ending}"


def _of_data(cells: list[BoardCell], names: Sequence[str]) -> list[BoardCell]:
    recorded = sorted({cell.record.dataset.name for cell in cells})
    for name in names:
        if name not in recorded:
            raise BoardError(f"no record is of the data set {name!r}{nearest(name, recorded)}")
    return [cell for cell in cells if not names or cell.record.dataset.name in names]


def _nothing_to_rank(paths: Iterable[Path], any_records: bool, notes: Sequence[str]) -> str:
    where, reasons = ", ".join(map(str, paths)), "".join(f"\n  {note}" for note in notes[:10])
    if any_records:
        return f"none of the records in {where} can be ranked{reasons}"
    return f"there is nothing to rank in {where}; `ganzoo run` and `ganzoo bench` write records{reasons}"
