"""Trains a recipe: lock the run directory, look at its state, prepare a trainer, loop, write the result."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict
from operator import index
from pathlib import Path
from typing import Any

import msgspec

from ganzoo.evaluation.evaluate import better_of, metrics_of, scales_of
from ganzoo.interfaces.datasets import Dataset
from ganzoo.interfaces.trackers import Tracker
from ganzoo.recipes.recipe import Recipe, resolve
from ganzoo.registry.registry import missing_plugins
from ganzoo.runs.album import illustrate
from ganzoo.runs.environment import environment
from ganzoo.runs.listing import root_of_runs
from ganzoo.runs.loop import Loop
from ganzoo.runs.records import Header, Numerics, Result, Shapes, Status
from ganzoo.runs.result import described, now, result
from ganzoo.runs.run import Run, check_data, load
from ganzoo.runs.rundir import RunDir, is_finished
from ganzoo.support.errors import DeviceError, Diverged, Interrupted, RunError, SpecError
from ganzoo.support.messages import nearest, sentence
from ganzoo.training.distributed import World, joined
from ganzoo.training.engine import Engine, engine_for, find_device
from ganzoo.training.networks import Form
from ganzoo.training.prepare import EXECUTIONS, prepare
from ganzoo.training.trainer import Trainer


def run(
    spec: str,
    *,
    data: str | None = None,
    images: int | str | None = None,
    steps: int | str | None = None,
    seed: int = 0,
    device: str = "auto",
    out: str | os.PathLike[str] | None = None,
    force: bool = False,
    trackers: Sequence[Tracker] = (),
    settings: Mapping[str, Any] | None = None,
    engine: str = "auto",
    **more: Any,
) -> Run:
    """Train a recipe such as "dcgan+wgangp@digits", or resume a run of it that was stopped, and evaluate it.

    The budget is `images`, real images shown to D, or `steps`, moves of G. Settings are those of `ganzoo show SPEC`,
    as in `lr=1e-3`, or in a mapping, as in `settings={"lr": "1e-3"}`. Files go to `out`, by default
    `runs/<spec>/<recipe id>-s<seed>`. A finished run is returned as it is, unless the budget grew; `force` trains it
    again. `engine` selects how moves are executed: "eager", "compile", on CUDA "graph" or "graph+compile", or "auto",
    which chooses by rule. Processes that `torchrun` started train one run together; the first of them writes.

    Raises `SpecError` and `Incompatible` before training, with all that is wrong; `DataError`; `RunError` for a
    directory that cannot be used; `Interrupted` after a signal. A run that diverged returns, with that status.
    """
    budget = {name: value for name, value in {"images": images, "steps": steps}.items() if value is not None}
    with _naming_missing_plugins(out):
        recipe = resolve(spec, data, _merged(settings or {}, more, budget))
    return train(recipe, seed=seed, device=device, out=out, force=force, trackers=trackers, engine=engine)


def train(
    recipe: Recipe,
    *,
    seed: int = 0,
    device: str = "auto",
    out: str | os.PathLike[str] | None = None,
    force: bool = False,
    trackers: Sequence[Tracker] = (),
    engine: str = "auto",
) -> Run:
    """`run` for a recipe that is resolved."""
    seed = index(seed)
    if engine not in ("auto", *EXECUTIONS):
        raise DeviceError(f"no engine {engine!r}{nearest(engine, ['auto', *EXECUTIONS])}")
    folder = RunDir(Path(out) if out is not None else default_directory(recipe, seed))
    with joined(lambda: find_device(device), recipe.settings.shards) as world:
        with folder.locked() if world.first else nullcontext():
            if world.largest(world.first and (force or not is_finished(folder, recipe, seed))):
                _train(recipe, folder, seed, device, engine, trackers if world.first else (), force, world)
        world.wait()
    return load(folder.path)


def _train(
    recipe: Recipe,
    folder: RunDir,
    seed: int,
    device: str,
    execution: str,
    trackers: Sequence[Tracker],
    force: bool,
    world: World,
) -> None:
    """Train to the end, and write the result. Raises whatever stops it, except divergence, which is a result."""
    data: Dataset = recipe.dataset.build()
    before = None if force else folder.header()
    engine = _engine(recipe, data.shape, device, execution, world.size, before, folder)
    if before is not None:
        check_data(folder, before, data)
    with engine.active():
        trainer = prepare(recipe, data, engine, seed, world)
        loop = Loop(trainer, data, metrics_of(data), folder, trackers)
        if force and world.first:
            folder.clear()
        world.wait()  # all processes have read the directory before one of them writes
        loop.resume()
        if not world.same(trainer.images):
            raise RunError(f"{folder.path} is not the same for all processes; give a directory that all of them share")
        header = _header(recipe, seed, data, trainer, engine)
        if world.first:
            folder.begin(header)
        start = {"path": folder.path, "budget": recipe.settings.total, "done": trainer.images}
        start |= {"held_out": len(data.test.x), "primary": data.primary}
        loop.tell(lambda tracker: tracker.start({**msgspec.to_builtins(header), **start}))
        _loop_to_the_end(recipe, seed, loop, engine)


def _loop_to_the_end(recipe: Recipe, seed: int, loop: Loop, engine: Engine) -> None:
    """Run the loop; whatever ends it, write the result."""

    def finish(status: Status, message: str = "") -> None:
        if loop.trainer.world.first:
            _write_result(_result(recipe, seed, loop, engine, status, message), loop)

    try:
        loop.train()
    except Diverged as error:
        finish("diverged", str(error))
    except Interrupted as stop:
        message = f"{stop}; rerun the same command to resume from the checkpoint in {loop.folder.path}"
        finish("interrupted", message)
        raise Interrupted(message, stop.exit_code - 128) from None
    except BaseException as error:
        stopped = isinstance(error, KeyboardInterrupt)  # a second signal, which did not wait for a checkpoint
        with suppress(RunError):  # a full disk may be what stopped it
            finish("interrupted" if stopped else "failed", sentence(error))
        raise
    else:
        finish("ok")


def _result(recipe: Recipe, seed: int, loop: Loop, engine: Engine, status: Status, message: str) -> Result:
    return result(
        recipe,
        seed,
        status,
        message,
        dataset=described(loop.data),
        budget=loop.budget(),
        env=environment(engine),
        created=now(),
        parameters=loop.trainer.assembled.parameters,
        curve=loop.curve,
        better=better_of(loop.metrics),
        scales=scales_of(loop.metrics),
    )


def _write_result(record: Result, loop: Loop) -> None:
    """Write `result.json`; draw the pictures of a run that ended; call the trackers."""
    loop.folder.end(record)
    if record.status in ("ok", "diverged"):
        illustrate(loop.folder, record.budget.images)
    loop.tell(lambda tracker: tracker.finish(record))


def _engine(
    recipe: Recipe,
    shape: tuple[int, ...],
    device: str,
    execution: str,
    ranks: int,
    before: Header | None,
    folder: RunDir,
) -> Engine:
    """The engine of the run so far, unless another device or execution is asked for; else chosen by rule."""
    chosen = engine_for(recipe, shape, device, execution, ranks)
    recorded = before.engine if before is not None else None
    if recorded is None or (device != "auto" and not _same_kind(recorded.device, chosen.device, ranks)):
        return chosen
    try:
        found = find_device(recorded.device if ranks == 1 else recorded.device.partition(":")[0])
    except DeviceError as error:
        raise RunError(
            f"{folder.path} was trained so far on a device that is not here ({error}); resume on another, such as "
            f"--device {chosen.device}, if the last bits need not be the same"
        ) from None
    mode = recorded.mode if execution == "auto" else chosen.mode
    return Engine(**{**msgspec.to_builtins(recorded), "device": found, "mode": mode, "ranks": ranks})


def _same_kind(recorded: str, device: str, ranks: int) -> bool:
    """Whether two devices are the same; of processes that train together, whether they are of one kind."""
    return recorded == device if ranks == 1 else recorded.partition(":")[0] == device.partition(":")[0]


def _header(recipe: Recipe, seed: int, data: Dataset, trainer: Trainer, engine: Engine) -> Header:
    """What `recipe.json` holds."""
    shapes = Shapes(revision=data.revision, n_train=len(data.train.x), **asdict(Form.of(data)))
    return Header(
        **recipe.to_dict(),
        seed=seed,
        data=shapes,
        parameters=trainer.assembled.parameters,
        chosen=trainer.assembled.chosen,
        warnings=trainer.assembled.warnings,
        engine=Numerics(**asdict(engine)),
    )


@contextmanager
def _naming_missing_plugins(out: str | os.PathLike[str] | None) -> Iterator[None]:
    """Where a plugin is gone that a run was trained with, the run's directory names its distribution."""
    try:
        yield
    except SpecError as error:
        header = RunDir(Path(out)).header() if out is not None else None
        raise SpecError([*error.faults, *missing_plugins(header.parts if header else ())]) from None


def default_directory(recipe: Recipe, seed: int, root: Path | None = None) -> Path:
    """The directory of a run without `--out`: below `root`, by default that of all runs."""
    return (root or root_of_runs()) / recipe.slug / f"{recipe.id}-s{seed}"


def _merged(*sources: Mapping[str, Any]) -> dict[str, Any]:
    """Settings from several places. Raises `SpecError` where two of them state the same setting."""
    names = [name for settings in sources for name in settings]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SpecError([f"{name} is given twice, among the settings and by itself; give it once" for name in twice])
    return {name: value for settings in sources for name, value in settings.items()}
