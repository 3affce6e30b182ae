"""Records of several machines, put together. Nothing is silently dropped."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from ganzoo.leaderboard.agreement import judge
from ganzoo.leaderboard.read import Entry
from ganzoo.runs.records import Result

FINAL = ("ok", "diverged")
"""How a run ends that is not tried again."""


@dataclass
class Cell:
    """One recipe, on one data set, with one budget and one seed: what was recorded of it."""

    entry: Entry
    """The one that counts: the oldest that is final, else the latest."""
    copies: int = 0
    """The same record, found again."""
    replications: list[tuple[Entry, str]] = field(default_factory=list)
    """Other runs that agree, and how that was judged."""
    conflicts: list[tuple[Entry, str]] = field(default_factory=list)
    """Other runs that do not."""
    superseded: list[Entry] = field(default_factory=list)
    """Attempts that failed or were stopped, of what was tried again."""
    level: str = "reported"

    @property
    def record(self) -> Result:
        """That counts."""
        return self.entry.record


Combination = tuple[str, str, str, int]
"""Data set, its revision, recipe, and the images asked for: all of a cell but the seed."""


def combination_of(record: Result) -> Combination:
    """What a record's seed is a seed of."""
    asked = record.settings.get("images", record.budget.images)
    return record.dataset.name, record.dataset.revision, record.recipe_id, int(asked)


def merge(entries: Iterable[Entry]) -> list[Cell]:
    """One cell for each combination and seed, in the order of the oldest records."""
    grouped: dict[tuple[Combination, int], list[Entry]] = defaultdict(list)
    for entry in sorted(_placed(list(entries)), key=lambda entry: (entry.record.created, entry.source)):
        grouped[combination_of(entry.record), entry.record.seed].append(entry)
    cells = {key: _cell(group) for key, group in grouped.items()}
    siblings: dict[Combination, list[Result]] = defaultdict(list)
    for (combination, _), (cell, _) in cells.items():
        siblings[combination].append(cell.record)
    for (combination, _), (cell, others) in cells.items():
        _judge(cell, others, siblings[combination])
    return [cell for cell, _ in cells.values()]


def _placed(entries: Sequence[Entry]) -> list[Entry]:
    """A run that failed before it had read its data says no revision: it gets that of most others of the name."""
    revisions: dict[str, Counter[str]] = defaultdict(Counter)
    for entry in entries:
        revisions[entry.record.dataset.name][entry.record.dataset.revision] += bool(entry.record.dataset.revision)
    return [entry if entry.record.dataset.revision else _with_revision(entry, revisions) for entry in entries]


def _with_revision(entry: Entry, revisions: Mapping[str, Counter[str]]) -> Entry:
    data = entry.record.dataset
    data = msgspec.structs.replace(data, revision=revisions[data.name].most_common(1)[0][0])
    return replace(entry, record=msgspec.structs.replace(entry.record, dataset=data))


def _cell(group: Sequence[Entry]) -> tuple[Cell, list[Entry]]:
    """Without a word yet about the other final records."""
    distinct: list[Entry] = []
    for entry in group:
        same = next((i for i, other in enumerate(distinct) if other.record == entry.record), None)
        if same is None:
            distinct.append(entry)
        elif distinct[same].folder is None:  # a copy in its run directory has samples beside it
            distinct[same] = replace(distinct[same], folder=entry.folder)
    final = [entry for entry in distinct if entry.record.status in FINAL]
    chosen = final[0] if final else distinct[-1]
    attempts = [entry for entry in distinct if entry.record.status not in FINAL and entry is not chosen]
    return Cell(chosen, copies=len(group) - len(distinct), superseded=attempts), final[1:]


def _judge(cell: Cell, others: Iterable[Entry], siblings: Sequence[Result]) -> None:
    for entry in others:
        agrees, why = judge(entry.record, cell.record, siblings)
        (cell.replications if agrees else cell.conflicts).append((entry, why))
