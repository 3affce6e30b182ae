"""Checks records: computes the metrics of the stored generator again, or repeats the whole run."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple
from unittest.mock import patch

import msgspec

from ganzoo.evaluation.evaluate import apply_metrics, metrics_of
from ganzoo.interfaces.scores import Metrics, to_metrics
from ganzoo.leaderboard.agreement import (
    SAME,
    differences,
    largest_difference,
    machine_kind,
    primary_metric,
    repeats,
    shared_primary_score,
)
from ganzoo.leaderboard.merge import FINAL, combination_of
from ganzoo.leaderboard.record_files import StoredRecord, Verification, read_records, record_digest
from ganzoo.recipes.recipe import resolve
from ganzoo.runs.environment import environment
from ganzoo.runs.listing import root_of_runs, run_directories
from ganzoo.runs.records import Env, Result
from ganzoo.runs.run import load
from ganzoo.runs.train import train
from ganzoo.support.errors import RunError
from ganzoo.support.files import writing
from ganzoo.training.engine import Engine

RELATIVE = 0.01
"""Difference of metrics of the same weights that the arithmetic of another machine may cause."""
ABSOLUTE = 1e-3
"""The same for a KL or a share near zero, where one sample is a large part of the value."""


class Verdict(NamedTuple):
    """Whether a record is confirmed, why, and where that was found out."""

    agrees: bool
    note: str
    difference: dict[str, float | None]
    env: Env


def verify_records(
    target: Path,
    level: Literal["recomputed", "rerun"],
    run_id: str | None = None,
    beside: Sequence[Path] = (),
    by: str = "",
) -> Iterator[tuple[Verification, Path]]:
    """Verify each record of a file, or that of a run directory; yields each verification and the file it was added to.

    `run_id` selects one record of a file. `beside` has records of other seeds, for a rerun on another kind of machine.
    Raises `RunError` where a record cannot be verified here, and says why.
    """
    selected = [stored for stored in read_records([target]).records if run_id in (None, stored.record.run_id)]
    if not selected:
        whose = f" of {run_id}" if run_id else ""
        raise RunError(f"{target} has no record{whose}; give a .jsonl file of records, or a run directory")
    siblings = [stored.record for stored in read_records([target, *beside]).records]
    for stored in selected:
        record = stored.record
        if record.status not in FINAL:
            raise RunError(f"{record.run_id} is {record.status}: only a run that ended can be verified")
        verdict = _recompute(stored) if level == "recomputed" else _rerun(record, siblings)
        env = verdict.env
        where = f"ganzoo-core {env.ganzoo_core}, torch {env.torch}, {env.device}, {env.threads} threads"
        verification = Verification(
            record=record_digest(stored.raw),
            run_id=record.run_id,
            level=level,
            agrees=verdict.agrees,
            by=f"{by}, {where}" if by else where,
            when=datetime.now(UTC).isoformat(timespec="seconds"),
            difference=verdict.difference,
            note=verdict.note,
        )
        file = target / "verification.jsonl" if target.is_dir() else target
        _append(file, verification)
        yield verification, file


def _append(path: Path, verification: Verification) -> None:
    with writing(path, "verify a copy that can be written"):
        text = path.read_bytes() if path.exists() else b""
        with open(path, "ab") as file:
            separator = b"\n" if text and not text.endswith(b"\n") else b""
            file.write(separator + msgspec.json.encode(verification) + b"\n")


# ---------------------------------------------------------------- recomputed


def _recompute(stored: StoredRecord) -> Verdict:
    """The metrics of the stored generator, with the engine of the run but on the CPU."""
    record, run = stored.record, load(stored.folder or _run_directory(stored.record))
    if int(run.checkpoint.name) != record.budget.images:
        raise RunError(
            f"{run.path} has no checkpoint of {record.budget.images:,} images, where the record ends; use --level rerun"
        )
    engine = Engine(**{**msgspec.to_builtins(run.header.engine), "device": "cpu"})
    with engine.active():
        metrics = to_metrics(apply_metrics(run.evaluation(), metrics_of(run.data)))
    if record.metrics and shared_primary_score(record, metrics) is None:
        raise RunError(f"{primary_metric(record)} of {record.run_id} was measured by a protocol that is not available")
    env = environment(engine)
    same_kind = machine_kind(env) == machine_kind(record.env)
    difference = differences(metrics, record.metrics)
    largest = largest_difference(difference)
    agrees = largest <= SAME or all(_is_near(metrics, record.metrics, key) for key in difference)
    note = f"metrics of the stored generator differ by up to {largest:.2g} (relative)"
    return Verdict(agrees, f"{note}, on {'the same' if same_kind else 'another'} kind of machine", difference, env)


def _is_near(new: Metrics, old: Metrics, key: str) -> bool:
    a, b = new[key], old[key]
    return a is b if a is None or b is None else abs(a - b) <= max(RELATIVE * max(abs(a), abs(b)), ABSOLUTE)


def _run_directory(record: Result) -> Path:
    root = root_of_runs()
    for path in run_directories(root, lambda error: None):
        if path.name == record.run_id:
            return path
    raise RunError(f"the generator of {record.run_id} is not in {root}; give its run directory, or use --level rerun")


# ---------------------------------------------------------------- rerun


def _rerun(old: Result, records: Sequence[Result]) -> Verdict:
    """Train again on the same kind of device, and compare."""
    recipe = resolve(old.spec, None, old.settings, canonical=True)
    if recipe.id != old.recipe_id:
        raise RunError(
            f"{old.spec} is recipe {recipe.id} here, but {old.recipe_id} in the record: ganzoo-core or a plugin has "
            f"another version; install those of the record (ganzoo-core {old.env.ganzoo_core})"
        )
    device = "cpu" if old.env.device.startswith("cpu") else "auto"
    engine = "auto" if old.env.mode.startswith("graph") else old.env.mode  # graphs need CUDA, where auto selects them
    threads = patch.dict(os.environ, OMP_NUM_THREADS=str(old.env.threads))  # the last bits depend on their number
    with tempfile.TemporaryDirectory(prefix="ganzoo-rerun-") as folder, threads:
        out = Path(folder) / "run"
        new = train(recipe, seed=old.seed, device=device, engine=engine, out=out).result
    assert new is not None  # the run ended
    if new.dataset.revision != old.dataset.revision:
        raise RunError(
            f"{old.dataset.name} has revision {new.dataset.revision} here, but {old.dataset.revision} in the record"
        )
    siblings = [record for record in records if combination_of(record) == combination_of(old) and record.status == "ok"]
    agrees, note = repeats(new, old, list({record.seed: record for record in siblings}.values()))
    return Verdict(agrees, note, differences(new.metrics, old.metrics), new.env)
