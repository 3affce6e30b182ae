"""Where runs are, and which there are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

import msgspec

from ganzoo.interfaces.scores import Metrics
from ganzoo.runs.records import Status
from ganzoo.runs.rundir import RunDir
from ganzoo.support.errors import RunError


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A run directory, as a list of runs shows it."""

    path: str
    status: Status | Literal["running", "unfinished", "unreadable"]
    """running: a process is at it; unfinished: it was killed, and goes on when the same command is typed again."""
    message: str = ""
    """Why, where the status calls for it."""
    spec: str = ""
    recipe_id: str = ""
    seed: int | None = None
    images: int | None = None
    """Real images shown to D, as far as they are not lost."""
    metrics: Metrics = {}


def root_of_runs() -> Path:
    """`GANZOO_RUNS`, or `runs` here."""
    return Path(os.environ.get("GANZOO_RUNS") or "runs")


def find(root: Path) -> list[Row]:
    """Every run directory below `root`, by path. Those that cannot be read say so."""
    return [_row(RunDir(path.parent)) for path in sorted(root.glob("**/recipe.json"))]


def _row(folder: RunDir) -> Row:
    path = str(folder.path)
    try:
        header, result = folder.header(), folder.result()
    except RunError as error:
        return Row(path=path, status="unreadable", message=str(error))
    if header is None:
        return Row(path=path, status="unreadable", message="it was removed while this list was made")
    known: dict[str, Any] = {"path": path, "spec": header.spec, "recipe_id": header.id, "seed": header.seed}
    if (running := folder.running()) or result is None:
        return Row(**known, status="running" if running else "unfinished", images=folder.checkpoints.images())
    ended: dict[str, Any] = {"status": result.status, "message": result.message, "images": result.budget.images}
    return Row(**known, **ended, metrics=result.metrics)
