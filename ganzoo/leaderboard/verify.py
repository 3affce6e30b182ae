"""Looks whether a record is right: its metrics computed again, or the whole run."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from ganzoo.evaluation.evaluate import evaluate, metrics_of
from ganzoo.interfaces.scores import Metrics, to_metrics
from ganzoo.leaderboard.agreement import SAME, common_primary, differences, judge, kind_of_machine, largest, primary_of
from ganzoo.leaderboard.merge import FINAL, combination_of
from ganzoo.leaderboard.read import Entry, read
from ganzoo.leaderboard.verification import Verification, digest
from ganzoo.recipes.recipe import resolve
from ganzoo.runs.environment import environment
from ganzoo.runs.listing import root_of_runs
from ganzoo.runs.records import Env, Result
from ganzoo.runs.run import load
from ganzoo.runs.train import run as run_recipe
from ganzoo.support.errors import RunError
from ganzoo.support.files import writing
from ganzoo.training.engine import Engine

NEAR = 0.01
"""Relative difference of metrics of the same weights that another machine's arithmetic may cause."""
NEARLY = 1e-3
"""The same, absolute: of a KL or a share near zero, where a sample more or less is a large part."""
Level = Literal["recomputed", "rerun"]


def verify(
    target: Path, level: Level, run_id: str | None = None, beside: Sequence[Path] = (), by: str = ""
) -> Iterator[tuple[Verification, Path]]:
    """Each record of a file, or that of a run directory: what was found, and where it was appended.

    `run_id` picks one record of a file. `beside` has records of other seeds, for a rerun on another kind of machine.
    Raises `RunError` where a record cannot be looked at here, and says why.
    """
    found = [entry for entry in read([target]).entries if run_id in (None, entry.record.run_id)]
    if not found:
        which = f" of {run_id}" if run_id else ""
        raise RunError(f"{target} has no record{which}; give a .jsonl file of records, or a run directory")
    siblings = [entry.record for entry in read([target, *beside]).entries]
    for entry in found:
        if entry.record.status not in FINAL:
            raise RunError(f"{entry.record.run_id} is {entry.record.status}: only what ended can be verified")
        look = _recompute(entry) if level == "recomputed" else _rerun(entry, siblings)
        place = target / "verification.jsonl" if target.is_dir() else target
        verification = _written(entry, level, by, *look)
        _append(place, verification)
        yield verification, place


Finding = tuple[bool, str, dict[str, float | None], Env]


def _written(
    entry: Entry, level: Level, by: str, agrees: bool, note: str, found: dict[str, float | None], env: Env
) -> Verification:
    where = f"ganzoo-core {env.ganzoo_core}, torch {env.torch}, {env.device}, {env.threads} threads"
    return Verification(
        record=digest(entry.raw),
        run_id=entry.record.run_id,
        level=level,
        agrees=agrees,
        by=f"{by}, {where}" if by else where,
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        difference=found,
        note=note,
    )


def _append(path: Path, verification: Verification) -> None:
    with writing(path, "verify a copy that can be written"):
        whole = not path.exists() or not (text := path.read_bytes()) or text.endswith(b"\n")
        with open(path, "ab") as file:
            file.write((b"" if whole else b"\n") + msgspec.json.encode(verification) + b"\n")


# ---------------------------------------------------------------- recomputed


def _recompute(entry: Entry) -> Finding:
    """The metrics of the stored generator, with the engine of the run but on the CPU."""
    record, run = entry.record, load(entry.folder or _folder_of(entry.record))
    latest = run.folder.checkpoints.newest()
    if latest is None or int(latest.name) != record.budget.images:
        raise RunError(
            f"{run.path} has no checkpoint of {record.budget.images:,} images, where the record ends; --level rerun"
        )
    engine = Engine(**{**msgspec.to_builtins(run.header.engine), "device": "cpu"})
    with engine.active():
        metrics = to_metrics(evaluate(run.data, run.evaluation_samples(), metrics_of(run.data)))
    if common_primary(metrics, record) is None and record.metrics:
        raise RunError(f"{primary_of(record)} of {record.run_id} was measured by a protocol that is not here")
    env = environment(engine)
    alike = kind_of_machine(env) == kind_of_machine(record.env)
    found = differences(metrics, record.metrics)
    agrees = largest(found) <= SAME or all(_near(metrics, record.metrics, key) for key in found)
    note = f"metrics of the stored generator differ by up to {largest(found):.2g} relative"
    return agrees, f"{note}, on {'the same' if alike else 'another'} kind of machine", found, env


def _near(new: Metrics, old: Metrics, key: str) -> bool:
    a, b = new.get(key), old.get(key)
    return a is b if a is None or b is None else abs(a - b) <= max(NEAR * max(abs(a), abs(b)), NEARLY)


def _folder_of(record: Result) -> Path:
    root = root_of_runs()
    for path in sorted(root.glob(f"**/{record.run_id}")):
        if (path / "recipe.json").is_file():
            return path
    raise RunError(f"the generator of {record.run_id} is not in {root}; give its run directory, or take --level rerun")


# ---------------------------------------------------------------- rerun


@contextmanager
def _threads(n: int) -> Iterator[None]:
    """As many as the record had, if there are so many: they decide the last bits."""
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = str(n)
    try:
        yield
    finally:
        del os.environ["OMP_NUM_THREADS"]
        if before is not None:
            os.environ["OMP_NUM_THREADS"] = before


def _rerun(entry: Entry, records: Sequence[Result]) -> Finding:
    """Train again, where the record was made if that can be said, and compare."""
    old = entry.record
    recipe = resolve(old.spec, None, old.settings)
    if recipe.id != old.recipe_id:
        raise RunError(
            f"{old.spec} is recipe {recipe.id} here, and {old.recipe_id} in the record: another version of ganzoo-core "
            f"({old.env.ganzoo_core} there) or of a plugin; install what the record names"
        )
    device = "cpu" if old.env.device.startswith("cpu") else "auto"
    engine = "auto" if old.env.mode == "graph" else old.env.mode  # a graph needs CUDA, and is what auto takes there
    with tempfile.TemporaryDirectory(prefix="ganzoo-rerun-") as folder, _threads(old.env.threads):
        out = Path(folder) / "run"
        done = run_recipe(old.spec, settings=old.settings, seed=old.seed, device=device, engine=engine, out=out).result
    assert done is not None  # it ended
    if done.dataset.revision != old.dataset.revision:
        raise RunError(f"{old.dataset.name} is {done.dataset.revision} here, and {old.dataset.revision} in the record")
    siblings = [record for record in records if combination_of(record) == combination_of(old) and record.status == "ok"]
    agrees, note = judge(done, old, list({record.seed: record for record in siblings}.values()))
    return agrees, note, differences(done.metrics, old.metrics), done.env
