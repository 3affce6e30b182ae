"""From cells to tables: who stands with whom."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ganzoo.leaderboard.agreement import primary_of
from ganzoo.leaderboard.labels import name_rows
from ganzoo.leaderboard.match import Unit, at, common
from ganzoo.leaderboard.merge import Cell, Combination, combination_of
from ganzoo.leaderboard.numbers import counted
from ganzoo.leaderboard.rank import rank
from ganzoo.leaderboard.rows import Row, run
from ganzoo.leaderboard.summary import Better
from ganzoo.leaderboard.tables import Table
from ganzoo.leaderboard.verification import LEVELS
from ganzoo.runs.records import Result


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a board shows."""

    data: Sequence[str] = ()
    """Names of data sets; none for all."""
    metric: str | None = None
    """A name, or a key with its protocol; None for the primary metric of each data set."""
    match: Unit | None = None
    """Compare curves at the same of this; None for the runs' ends."""
    min_level: str = LEVELS[0]
    """Leave out records that are verified less."""
    unpublished: bool = False
    """Rank what others cannot repeat too, because a part of it came from a file that nobody published."""


def compose(cells: Iterable[Cell], options: Options, notes: list[str]) -> list[Table]:
    """Ranked tables, one for each data set and protocol; `notes` gets what has no place in them."""
    grouped: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in cells:
        grouped[cell.record.dataset.name, cell.record.dataset.revision].append(cell)
    tables: list[Table] = []
    for (data, _), group in sorted(grouped.items()):
        records = [cell.record for cell in group]
        metric = options.metric or _primary(records)
        keys = _keys(records, metric)
        if keys:
            found = {_name(key) for key in keys}
            without = sum(record.status == "ok" and not any(_of(record, name) for name in found) for record in records)
            notes += (
                [f"{data}: {without} of {len(records)} records without {metric} are not in its table"]
                if without
                else []
            )
        else:
            notes.append(f"{data}: no table of {len(group)} records, because none has {metric}; {_there(records)}")
        tables += [_table(key, group, options) for key in keys]
    for table in tables:
        _explain(table, tables, options)
    return tables


def _name(key: str) -> str:
    return key.partition("[")[0]


def _of(record: Result, name: str) -> list[str]:
    """The keys of a metric: one for each protocol."""
    return [key for key in record.metrics if _name(key) == name]


def _primary(records: Iterable[Result]) -> str:
    """What most records rank by."""
    names = Counter(primary_of(record) for record in records if record.metrics or record.dataset.primary)
    return names.most_common(1)[0][0] if names else "fid"


def _keys(records: Iterable[Result], metric: str) -> list[str]:
    """The metric's keys, a protocol each, that of the most records first. "hq" also stands for "hq@3sigma"."""
    ranked = Counter(key for record in records for key in record.best)
    return [key for key, _ in ranked.most_common() if metric in (key, _name(key), _name(key).partition("@")[0])]


def _there(records: Iterable[Result]) -> str:
    names = dict.fromkeys(_name(key) for record in records for key in record.best)
    if names:
        return f"possible: {', '.join(names)}"
    return "all of them failed" if all(record.status != "ok" for record in records) else "no score of theirs is defined"


def _table(key: str, cells: Iterable[Cell], options: Options) -> Table:
    """Of those who have the key, and of those who have none of its kind because they failed."""
    combinations: dict[Combination, list[Cell]] = defaultdict(list)
    for cell in cells:
        found = _of(cell.record, _name(key))
        if key in found or (not found and cell.record.status != "ok"):
            combinations[combination_of(cell.record)].append(cell)
    groups = list(combinations.values())
    records = [cell.record for group in groups for cell in group]
    better: Better = next(record.best[key].better for record in records if key in record.best)
    budget = common(records, options.match) if options.match else None
    rows = [Row([run(cell, at(cell.record, options.match, budget), key) for cell in group], better) for group in groups]
    first = records[0]
    table = Table(first.spec.partition("@")[2] or first.dataset.name, first.dataset.revision, key, better, rows)
    name_rows(table.rows)
    rank(table)
    if options.match and budget is not None:
        table.notes.append(
            f"Compared at {counted(budget)} {options.match}, what the shortest finished run spent: the last mark of "
            "each run that is not beyond it."
        )
    return table


def _explain(table: Table, tables: Iterable[Table], options: Options) -> None:
    """What a reader might otherwise take for granted."""
    alike = [t for t in tables if t.data == table.data and t is not table and t.metric == table.metric]
    if any(t.revision == table.revision for t in alike):
        table.notes.append("Another protocol has a table of its own: their numbers are not comparable.")
    if any(t.revision != table.revision for t in alike):
        table.notes.append(f"Other samples of the same name have a table of their own: these are {table.revision}.")
    asked = {row.combination[3] for row in table.rows}
    if len(asked) > 1 and options.match is None:
        table.notes.append(
            f"Budgets differ, from {counted(min(asked))} to {counted(max(asked))} images; --match compares equal ones."
        )
    if all(row.n <= 1 for row in table.rows):
        table.notes.append("One seed each: nothing can be tested, so all of the same share of failures rank alike.")
