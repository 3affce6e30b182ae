"""What the template of a combination's page is told."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from ganzoo.leaderboard.columns import columns, title
from ganzoo.leaderboard.html.figures import seeds
from ganzoo.leaderboard.html.pieces import facts, grid, spec
from ganzoo.leaderboard.labels import slug
from ganzoo.leaderboard.numbers import percent, short
from ganzoo.leaderboard.rows import Row, Run
from ganzoo.leaderboard.tables import Table
from ganzoo.recipes.options import written
from ganzoo.runs.records import Part, Result

WIDE = 88
"""Letters in a line of a command, about."""


def command(record: Result) -> str:
    """What trains the same again: every setting is said, so that no later default changes it."""
    settings = [f"-s {shlex.quote(f'{name}={written(v)}')}" for name, v in record.settings.items() if name != "images"]
    plugins = {f"{p.distribution}=={p.distribution_version}" for p in record.components if p.distribution}
    install = f"pip install {' '.join(map(shlex.quote, sorted(plugins)))}\n" if plugins else ""
    threads = f"OMP_NUM_THREADS={record.env.threads} " if record.env.device.startswith("cpu") else ""
    head = threads + " ".join([f"ganzoo run {shlex.quote(record.spec)}", *_budget(record)])
    lines = [head]
    for setting in settings:
        if len(lines) == 1 or len(lines[-1]) + len(setting) > WIDE:
            lines.append("   ")
        lines[-1] += f" {setting}"
    return install + " \\\n".join(lines)


def _budget(record: Result) -> list[str]:
    images = record.settings.get("images", record.budget.images)
    device = ["--device cpu"] if record.env.device.startswith("cpu") else []
    engine = [f"--engine {record.env.mode}"] if record.env.mode == "compile" else []
    return [f"--images {images}", f"--seed {record.seed}", *device, *engine]


def standing(places: Sequence[tuple[Table, Row]]) -> list[tuple[str, str]]:
    """What a reader wants to know first."""
    found: list[tuple[str, str]] = []
    for table, row in places:
        found.append((f"rank by {title(table.metric)}", f"{row.rank or '-'} of {len(table.rows)}"))
        found.append(("chance of being best", percent(row.chance)))
        found += [(c.title, c.cell(row)) for c in columns(table) if c.name not in ("rank", "label", "chance")]
    return list(dict.fromkeys(found))


def metric_rows(row: Row) -> list[list[str]]:
    """Every metric of every seed, by key."""
    keys = dict.fromkeys(key for run in row.runs for key in run.record.metrics)
    head = ["metric and protocol", *(f"seed {run.record.seed}" for run in row.runs)]
    return [head, *([key, *(short(run.record.metrics.get(key), 4) for run in row.runs)] for key in keys)]


RUNS = ["seed", "ended", "images", "G moves", "wall", "cores", "where", "when", "verified", "record"]


def _run(run: Run) -> list[str]:
    record, e, b = run.record, run.record.env, run.record.budget
    ended = "collapsed" if run.state == "collapsed" else record.status
    threads = f"{e.threads} thread{'s' * (e.threads != 1)}"
    return [
        str(record.seed),
        f"{ended}: {record.message}" if record.message else ended,
        *(f"{n:,}" for n in (b.images, b.g_moves)),
        *(f"{seconds:,.0f} s" for seconds in (b.wall_s, b.core_s)),
        f"{e.device}, {threads}, torch {e.torch}, ganzoo {e.ganzoo_core}",
        record.created[:16].replace("T", " "),
        run.cell.level,
        run.cell.entry.source,
    ]


PARTS = ["kind", "name", "version", "options", "from", "source"]


def _part(p: Part) -> list[str]:
    params = ", ".join(f"{name}={written(v)}" for name, v in p.params.items())
    where = f"{p.distribution} {p.distribution_version}" if p.distribution else "ganzoo"
    return [p.kind, p.name, str(p.version), params, where, (p.source_sha256 or "")[:12]]


def page(places: Sequence[tuple[Table, Row]], samples: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Of a combination. `samples`: a seed and its picture."""
    table, row = places[0]
    record = row.record
    settings = [(name, written(v)) for name, v in record.settings.items()]
    settings += [(f"parameters of {name.upper()}", f"{n:,}") for name, n in record.parameters.items()]
    return {
        "label": row.label,
        "spec": spec(row.label),
        "data": table.data,
        "revision": table.revision,
        "flags": row.flags,
        "facts": facts(standing(places)),
        "command": command(record),
        "seeds": ", ".join(str(run.record.seed) for run in row.runs),
        "figures": [f for t, r in places if (f := seeds(r, t))],
        "samples": samples,
        "count": len(row.runs),
        "runs": grid("Runs", [RUNS, *map(_run, row.runs)], "text"),
        "metrics": grid("Metrics", metric_rows(row), "metrics"),
        "parts": grid("Parts", [PARTS, *map(_part, record.components)], "text"),
        "settings": facts(settings),
        "recipe": record.recipe_id,
        "records": f"../records/{slug(row)}.jsonl",
    }
