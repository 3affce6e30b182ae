"""The contents of a combination's page."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ganzoo.evaluation.table import ScoreTable, score_table
from ganzoo.interfaces.scores import Score, from_metrics
from ganzoo.leaderboard.board import Board
from ganzoo.leaderboard.columns import columns, metric_title
from ganzoo.leaderboard.html.figures import seeds_figure
from ganzoo.leaderboard.match import SeedResult
from ganzoo.leaderboard.numbers import format_percent
from ganzoo.leaderboard.rows import BoardRow
from ganzoo.leaderboard.tables import BoardTable
from ganzoo.recipes.options import as_text
from ganzoo.recipes.spec import PartSpec, Spec, parse
from ganzoo.runs.records import PartRecord, Result

LINE_LENGTH = 88
"""Approximate number of characters in a line of a command."""


def combination_page(
    rows: Sequence[tuple[BoardTable, BoardRow]], samples: Sequence[tuple[str, str]], board: Board
) -> dict[str, Any]:
    """The variables of the template. `rows`: where the combination is ranked; `samples`: seeds and their pictures."""
    table, row = rows[0]
    record = row.record
    settings = [(name, as_text(value)) for name, value in record.settings.items()]
    settings += [(f"parameters of {name.upper()}", f"{n:,}") for name, n in record.parameters.items()]
    return {
        "table": table,
        "row": row,
        "facts": _key_facts(rows),
        "command": training_command(record),
        "figures": [figure for table, row in rows if (figure := seeds_figure(row, table))],
        "samples": samples,
        "runs": [[board.without_folders(text) for text in _run_texts(run)] for run in row.runs],
        "scores": _score_table(row),
        "parts": [_part_texts(part) for part in record.components],
        "settings": settings,
    }


def training_command(record: Result) -> str:
    """The command that trains the same run again.

    It names every setting and every option, so that neither later defaults nor later recommendations change it.
    """
    on_cpu = record.env.device.startswith("cpu")
    images = record.settings.get("images", record.budget.images)
    command = f"OMP_NUM_THREADS={record.env.threads} " * on_cpu + f"ganzoo run {shlex.quote(_whole_spec(record))}"
    command += f" --images {images} --seed {record.seed}" + " --device cpu" * on_cpu
    command += " --engine compile" * (record.env.mode == "compile")
    lines = [command]
    for name, value in record.settings.items():
        if name != "images":
            setting = f"-s {shlex.quote(f'{name}={as_text(value)}')}"
            if len(lines) == 1 or len(lines[-1]) + len(setting) > LINE_LENGTH:
                lines.append("   ")
            lines[-1] += f" {setting}"
    plugins = {f"{p.distribution}=={p.distribution_version}" for p in record.components if p.distribution}
    install = f"pip install {' '.join(map(shlex.quote, sorted(plugins)))}\n" if plugins else ""
    return install + " \\\n".join(lines)


def _whole_spec(record: Result) -> str:
    """The spec of a record with all options of its parts."""
    options = {(part.kind == "dataset", part.name): part.params for part in record.components}

    def whole(part: PartSpec, is_dataset: bool = False) -> PartSpec:
        known = {name: as_text(value) for name, value in options.get((is_dataset, part.name), {}).items()}
        return replace(part, options=known | dict(part.options))

    spec = parse(record.spec)
    return str(Spec(tuple(map(whole, spec.parts)), spec.dataset and whole(spec.dataset, is_dataset=True)))


def _key_facts(rows: Sequence[tuple[BoardTable, BoardRow]]) -> list[tuple[str, str]]:
    """Rank, chance of being the best, and the other columns of each table."""
    facts: list[tuple[str, str]] = []
    for table, row in rows:
        facts.append((f"rank by {metric_title(table.metric)}", f"{row.rank or '-'} of {len(table.rows)}"))
        facts.append(("chance of being the best", format_percent(row.chance)))
        facts += [(c.title, c.full_text(row)) for c in columns(table) if c.name not in ("rank", "label", "chance")]
    return list(dict.fromkeys(facts))


def _score_table(row: BoardRow) -> ScoreTable:
    """The scores of all seeds at their last checkpoint."""
    records = [run.record for run in row.runs]
    better = {Score.parse(key, None).name: best.better for record in records for key, best in record.best.items()}
    return score_table({f"seed {record.seed}": from_metrics(record.metrics) for record in records}, better)


def _run_texts(run: SeedResult) -> list[str]:
    record, env, budget = run.record, run.record.env, run.record.budget
    status = "collapsed" if run.state == "collapsed" else record.status
    threads = f"{env.threads} thread{'s' * (env.threads != 1)}"
    return [
        str(record.seed),
        f"{status}: {record.message}" if record.message else status,
        f"{budget.images:,}",
        f"{budget.g_moves:,}",
        f"{budget.wall_s:,.0f} s",
        f"{budget.core_s:,.0f} s",
        f"{env.device}, {threads}, torch {env.torch}, ganzoo {env.ganzoo_core}",
        record.created[:16].replace("T", " "),
        run.cell.level,
        run.cell.stored.source,
    ]


def _part_texts(part: PartRecord) -> list[str]:
    options = ", ".join(f"{name}={as_text(value)}" for name, value in part.params.items())
    origin = f"{part.distribution} {part.distribution_version}" if part.distribution else "ganzoo"
    return [part.kind, part.name, str(part.version), options, origin, (part.source_sha256 or "")[:12]]
