"""The record of a run."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

import ganzoo
from ganzoo.recipes.recipe import Recipe
from ganzoo.runs.records import Best, Data, Env, Part, Point, Result, Status
from ganzoo.training.engine import Engine

if TYPE_CHECKING:
    from ganzoo.runs.attempt import Attempt
    from ganzoo.runs.loop import Session


def record(attempt: Attempt, session: Session, status: Status, message: str) -> Result:
    """What came out, with all that it takes to make it come out again."""
    recipe, data, curve = attempt.recipe, attempt.data, session.curve
    return Result(
        run_id=f"{recipe.id}-s{attempt.seed}",
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        spec=recipe.spec,
        recipe_id=recipe.id,
        components=parts_of(recipe),
        settings=asdict(recipe.settings),
        parameters={side: sum(p.numel() for p in player.params) for side, player in session.trainer.players.items()},
        dataset=Data(name=data.name, revision=data.revision, n_train=len(data.train.x), primary=data.primary),
        budget=session.budget(),
        seed=attempt.seed,
        status=status,
        message=message,
        unpublished=recipe.unpublished,
        metrics=dict(curve[-1].metrics) if curve else {},
        best=best(curve, {name: way for metric in session.metrics for name, way in metric.better.items()}),
        curve=list(curve),
        env=environment(attempt.engine),
    )


def best(curve: Sequence[Point], better: Mapping[str, str]) -> dict[str, Best]:
    """Of each metric that has a better direction, the best value along the curve; the first of equals."""
    found: dict[str, Best] = {}
    for point in curve:
        for key, value in point.metrics.items():
            way = better.get(key.partition("[")[0])
            if way is None or value is None:
                continue
            sign = 1 if way == "higher" else -1
            if key not in found or sign * value > sign * found[key].value:
                found[key] = Best(value, point.images, "higher" if way == "higher" else "lower")
    return found


def environment(engine: Engine) -> Env:
    """Where this process runs."""
    git, dirty = commit()
    name = torch.cuda.get_device_name(engine.device) if engine.device.startswith("cuda") else processor()
    return Env(
        python=platform.python_version(),
        torch=str(torch.__version__),
        ganzoo_core=ganzoo.__version__,
        device=f"{engine.device} ({name})",
        threads=engine.threads,
        layout=engine.layout,
        precision=engine.precision,
        mode=engine.mode,
        ranks=engine.ranks,
        deterministic=engine.device == "cpu" or torch.are_deterministic_algorithms_enabled(),
        git=git,
        dirty=dirty,
    )


def parts_of(recipe: Recipe) -> list[Part]:
    """The parts of a recipe as a record lists them."""
    return [Part(kind=p.component.kind, name=p.component.name, **p.provenance()) for p in recipe.parts]


@cache
def processor() -> str:
    """The kind of CPU, as far as it decides the last bits: "AMD EPYC 7763 64-Core Processor, AVX2"."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return f"{next(names, platform.machine())}, {torch.backends.cpu.get_cpu_capability()}"


@cache
def commit() -> tuple[str | None, bool | None]:
    """The commit that ganzoo itself was checked out at, and whether it was changed; None where it is installed."""

    def git(*arguments: str) -> Any:
        return subprocess.run(
            ["git", *arguments], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        )

    try:
        if not git("ls-files", Path(__file__).name).stdout:
            return None, None
        return git("rev-parse", "HEAD").stdout.strip(), bool(git("status", "--porcelain", ":/").stdout)
    except (OSError, subprocess.CalledProcessError):
        return None, None
