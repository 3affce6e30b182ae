"""Merges records of several machines: one cell for each combination and seed. No record is dropped without a note."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from ganzoo.leaderboard.agreement import repeats
from ganzoo.leaderboard.record_files import (
    LEVELS,
    RecordFiles,
    StoredRecord,
    Verification,
    record_digest,
    verified_level,
)
from ganzoo.runs.records import Result

FINAL = ("ok", "diverged")
"""The statuses of runs that are not tried again."""


@dataclass
class BoardCell:
    """All records of one recipe, data set, budget and seed."""

    stored: StoredRecord
    """The one that is used: the oldest that is final, else the latest."""
    copies: int = 0
    """How often the same record was read again."""
    replications: list[tuple[StoredRecord, str]] = field(default_factory=list)
    """Other runs that agree, and how that was decided."""
    conflicts: list[tuple[StoredRecord, str]] = field(default_factory=list)
    """Other runs that do not agree, and why."""
    superseded: list[StoredRecord] = field(default_factory=list)
    """Failed or interrupted attempts that were followed by another."""
    level: str = LEVELS[0]

    @property
    def record(self) -> Result:
        """The record that is used."""
        return self.stored.record

    def notes(self) -> Iterator[str]:
        """A sentence for each record that is not used."""
        run, used = f"{self.record.spec} seed {self.record.seed}", self.stored.source
        for stored, why in self.conflicts:
            yield f"CONFLICT: {run}: {stored.source} disagrees with {used}, which is used: {why}"
        for stored, why in self.replications:
            yield f"replication: {run}: {stored.source} agrees with {used}: {why}"
        for stored in self.superseded:
            yield f"superseded: {run}: {stored.source} ({stored.record.status}) was run again: {used}"


Combination = tuple[str, str, str, int]
"""Data set, its revision, recipe and requested images: all that the seeds of a combination share."""


def combination_of(record: Result) -> Combination:
    """The combination that a record is a seed of."""
    images = record.settings.get("images", record.budget.images)
    return record.dataset.name, record.dataset.revision, record.recipe_id, int(images)


def merge_records(files: RecordFiles) -> list[BoardCell]:
    """One cell for each combination and seed, in the order of the oldest records."""
    grouped: dict[tuple[Combination, int], list[StoredRecord]] = defaultdict(list)
    for stored in sorted(_with_revisions(files.records), key=lambda stored: (stored.record.created, stored.source)):
        grouped[combination_of(stored.record), stored.record.seed].append(stored)
    merged = {key: _merge_seed(group) for key, group in grouped.items()}
    siblings: dict[Combination, list[Result]] = defaultdict(list)
    for (combination, _), (cell, _) in merged.items():
        siblings[combination].append(cell.record)
    for (combination, _), (cell, others) in merged.items():
        for stored in others:
            agrees, why = repeats(stored.record, cell.record, siblings[combination])
            (cell.replications if agrees else cell.conflicts).append((stored, why))
    cells = [cell for cell, _ in merged.values()]
    _set_levels(cells, files.verifications)
    return cells


def _with_revisions(records: Sequence[StoredRecord]) -> list[StoredRecord]:
    """A run that failed before it read its data has no revision: it gets that of most other records of the data set."""
    revisions: dict[str, Counter[str]] = defaultdict(Counter)
    for stored in records:
        data = stored.record.dataset
        revisions[data.name][data.revision] += bool(data.revision)
    usual = {name: counts.most_common(1)[0][0] for name, counts in revisions.items()}
    completed = []
    for stored in records:
        data = stored.record.dataset
        data = msgspec.structs.replace(data, revision=data.revision or usual[data.name])
        completed.append(replace(stored, record=msgspec.structs.replace(stored.record, dataset=data)))
    return completed


def _merge_seed(group: Sequence[StoredRecord]) -> tuple[BoardCell, list[StoredRecord]]:
    """The cell of records of one seed, and the other final records, which may replicate or contradict it."""
    distinct: list[StoredRecord] = []
    for stored in group:
        same = next((i for i, other in enumerate(distinct) if other.record == stored.record), None)
        if same is None:
            distinct.append(stored)
        elif distinct[same].folder is None:  # a copy in its run directory has samples too
            distinct[same] = replace(distinct[same], folder=stored.folder)
    final = [stored for stored in distinct if stored.record.status in FINAL]
    used = final[0] if final else distinct[-1]
    attempts = [stored for stored in distinct if stored.record.status not in FINAL and stored is not used]
    return BoardCell(used, copies=len(group) - len(distinct), superseded=attempts), final[1:]


def _set_levels(cells: Iterable[BoardCell], verifications: Sequence[Verification]) -> None:
    by_record: dict[str, list[Verification]] = defaultdict(list)
    for verification in verifications:
        by_record[verification.record].append(verification)
    if by_record:
        for cell in cells:
            cell.level = verified_level(by_record.get(record_digest(cell.stored.raw), []))
