"""The tables of a board: one for each data set and protocol, because only their records may be compared."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ganzoo.interfaces.scores import Score, from_metrics
from ganzoo.leaderboard.agreement import primary_metric
from ganzoo.leaderboard.match import BudgetUnit, compared_point, seed_result, spent_budget
from ganzoo.leaderboard.merge import BoardCell, Combination, combination_of
from ganzoo.leaderboard.numbers import format_count
from ganzoo.leaderboard.rows import BoardRow, label_rows
from ganzoo.leaderboard.scale import Scale
from ganzoo.leaderboard.significance import Spreads
from ganzoo.runs.records import Result


@dataclass(eq=False)
class BoardTable:
    """Rows of one data set by one metric of one protocol."""

    data: str
    """As in the spec: "digits", "ring8:n=16"."""
    revision: str
    metric: str
    protocol: str
    scale: Scale
    rows: list[BoardRow]
    notes: list[str] = field(default_factory=list)
    """Sentences that a reader of this table needs."""
    least: float = math.nan
    """Means that are closer are a tie; a ratio on a logarithmic scale."""
    spreads: Spreads = "none"
    """Whether its rows have one spread."""
    odd: BoardRow | None = None
    """The row whose spread stands out from all others'."""

    @property
    def key(self) -> str:
        """The metric with its protocol, as records write it."""
        return Score(self.metric, self.protocol, None).key


def compose_tables(
    cells: Iterable[BoardCell], metric: str | None, match: BudgetUnit | None
) -> tuple[list[BoardTable], list[str]]:
    """Tables with labelled rows, not yet ranked, and a sentence for each group of records that are in none of them.

    `metric` is a name, or a name with its protocol; None for the primary metric of each data set.
    """
    grouped: dict[tuple[str, str], list[BoardCell]] = defaultdict(list)
    for cell in cells:
        grouped[cell.record.dataset.name, cell.record.dataset.revision].append(cell)
    tables: list[BoardTable] = []
    notes: list[str] = []
    for (data, _), group in sorted(grouped.items()):
        records = [cell.record for cell in group]
        wanted = metric or _usual_primary(records)
        scores = _scores_called(wanted, records)
        tables += [_table(score, group, match) for score in scores]
        notes += _left_out(data, records, wanted, {score.name for score in scores})
    for table in tables:
        table.notes += _caveats(table, tables, match)
    return tables, notes


def _usual_primary(records: Iterable[Result]) -> str:
    """The primary metric of most records."""
    names = Counter(primary_metric(record) for record in records if record.metrics or record.dataset.primary)
    return names.most_common(1)[0][0] if names else "fid"


def _scores_called(wanted: str, records: Iterable[Result]) -> list[Score]:
    """The metric in each of its protocols, that of the most records first. "hq" also stands for "hq@3sigma".

    A run that was extended by a later version may have a best score of a protocol that its last metrics do not have.
    """
    counts = Counter(key for record in records for key in record.best if key in record.metrics)
    scores = [Score.parse(key, None) for key, _ in counts.most_common()]
    return [score for score in scores if wanted in (score.key, score.name, score.name.partition("@")[0])]


def _left_out(data: str, records: Sequence[Result], wanted: str, names: set[str]) -> Iterator[str]:
    if names:
        ended = [record for record in records if record.status == "ok"]
        without = sum(names.isdisjoint(score.name for score in from_metrics(record.metrics)) for record in ended)
        if without:
            yield f"{data}: {without} of {len(records)} records without {wanted} are not in its table"
        return
    possible = dict.fromkeys(Score.parse(key, None).name for record in records for key in record.best)
    if possible:
        why = f"possible: {', '.join(possible)}"
    else:
        failed = all(record.status != "ok" for record in records)
        why = "all of these runs failed" if failed else "none of their scores is defined"
    n = len(records)
    yield f"{data}: no table for {n} record{'s' * (n != 1)}, because none has {wanted}; {why}"


def _table(score: Score, cells: Iterable[BoardCell], match: BudgetUnit | None) -> BoardTable:
    """Of records that have the score, and of failed ones that do not have it in any protocol."""
    combinations: dict[Combination, list[BoardCell]] = defaultdict(list)
    for cell in cells:
        protocols = {other.protocol for other in from_metrics(cell.record.metrics) if other.name == score.name}
        if score.protocol in protocols or (not protocols and cell.record.status != "ok"):
            combinations[combination_of(cell.record)].append(cell)
    groups = list(combinations.values())
    records = [cell.record for group in groups for cell in group]
    best = next(record.best[score.key] for record in records if score.key in record.best)
    finished = [spent_budget(record, match) for record in records if record.status == "ok"] if match else []
    budget = min(finished, default=None)
    seeds = []
    for group in groups:
        points = [compared_point(cell.record, match, budget) for cell in group]
        seeds.append([seed_result(cell, point, score.key) for cell, point in zip(group, points, strict=True)])
    values = [run.value for runs in seeds for run in runs if run.state == "sound" and run.value is not None]
    scale = Scale.of(score.name, best.better, best.scale, values)
    rows = [BoardRow(runs, scale) for runs in seeds]
    label_rows(rows)
    data = records[0].spec.partition("@")[2] or records[0].dataset.name
    table = BoardTable(data, records[0].dataset.revision, score.name, score.protocol, scale, rows)
    if budget is not None:
        table.notes.append(
            f"Runs are compared at {format_count(budget)} {match}, the budget of the shortest finished run: each at "
            "its last evaluation point within that budget."
        )
    return table


def _caveats(table: BoardTable, tables: Iterable[BoardTable], match: BudgetUnit | None) -> Iterator[str]:
    others = [t for t in tables if t is not table and (t.data, t.metric) == (table.data, table.metric)]
    if any(other.revision == table.revision for other in others):
        yield "Scores of another protocol are in a table of their own: the numbers are not comparable."
    if any(other.revision != table.revision for other in others):
        yield f"Other samples of the same name are in a table of their own: these have revision {table.revision}."
    images = {row.combination[3] for row in table.rows}
    if len(images) > 1 and match is None:
        smallest, largest = format_count(min(images)), format_count(max(images))
        yield f"Budgets differ, from {smallest} to {largest} images; --match compares runs at equal budgets."
    if len(table.rows) > 1 and all(row.n == 1 for row in table.rows):
        yield "One seed each: differences cannot be tested, so all rows tie."
