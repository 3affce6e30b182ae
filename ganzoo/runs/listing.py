"""The run directories below a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import msgspec

from ganzoo.interfaces.scores import Metrics
from ganzoo.runs.records import Status
from ganzoo.runs.rundir import RunDir
from ganzoo.support.errors import RunError
from ganzoo.support.files import files_below, named_by


class RunSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A run directory, as a list of runs shows it."""

    path: str
    status: Status | Literal["running", "unfinished", "unreadable"]
    """running: a process is training it; unfinished: it was killed, and resumes when the same command is rerun."""
    message: str = ""
    """The reason, where a run failed or cannot be read."""
    spec: str = ""
    recipe_id: str = ""
    seed: int | None = None
    images: int | None = None
    """Real images shown to D, up to the newest checkpoint."""
    metrics: Metrics = {}
    primary: str = ""
    """The metric that ranks its data set; empty before the run has ended, and where its record does not say."""


def root_of_runs() -> Path:
    """`GANZOO_RUNS`, or `runs` in the current directory."""
    return named_by("GANZOO_RUNS", "runs")


def list_runs(root: Path) -> list[RunSummary]:
    """Every run directory below `root`, by path, also behind links. What cannot be read says so."""
    unread: list[OSError] = []
    summaries = [_summary(RunDir(path)) for path in run_directories(root, unread.append)]
    return summaries + [_unreadable(error) for error in unread]


def run_directories(root: Path, unread: Callable[[OSError], object]) -> list[Path]:
    """Every run directory below `root`, by path. `unread` is called where a folder or a link cannot be followed."""
    if not root.exists():
        return []
    return [path.parent for path in files_below(root, unread) if path.name == "recipe.json"]


def _unreadable(error: OSError) -> RunSummary:
    return RunSummary(path=str(error.filename), status="unreadable", message=f"cannot be read ({error.strerror})")


def _summary(folder: RunDir) -> RunSummary:
    path = str(folder.path)
    try:
        header, result = folder.header(), folder.result()
        images = folder.checkpoints.images() if result is None else result.budget.images
    except RunError as error:
        return RunSummary(path=path, status="unreadable", message=str(error))
    if header is None:
        return RunSummary(path=path, status="unreadable", message="it was removed while this list was made")
    known: dict[str, Any] = {"path": path, "spec": header.spec, "recipe_id": header.id, "seed": header.seed}
    if (running := folder.running()) or result is None:
        return RunSummary(**known, status="running" if running else "unfinished", images=images)
    ended: dict[str, Any] = {"status": result.status, "message": result.message, "images": images}
    return RunSummary(**known, **ended, metrics=result.metrics, primary=result.dataset.primary)
