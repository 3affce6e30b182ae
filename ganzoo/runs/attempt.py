"""One try at finishing a run. Whatever its end, a record of it is written."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property

import msgspec

from ganzoo.interfaces.datasets import Dataset
from ganzoo.interfaces.trackers import Tracker
from ganzoo.recipes.recipe import Recipe
from ganzoo.registry import registry
from ganzoo.runs.album import illustrate
from ganzoo.runs.loop import Session
from ganzoo.runs.records import Header, Numerics, Shapes, Status
from ganzoo.runs.result import record
from ganzoo.runs.rundir import RunDir
from ganzoo.support.errors import DeviceError, Diverged, Interrupted, RunError
from ganzoo.support.messages import sentence
from ganzoo.training.batches import Feed
from ganzoo.training.build import Assembly, assemble
from ganzoo.training.distributed import ALONE, World
from ganzoo.training.engine import Engine, find_device, worth_compiling
from ganzoo.training.execution import MODES
from ganzoo.training.trainer import Trainer
from ganzoo.zoo.metrics.base import Metric


def metrics_of(data: Dataset) -> list[Metric]:
    """The metrics that score a data set."""
    found = registry.current_registry()
    return [registry.import_target(found.lookup(name, ["metric"]).component)() for name in data.metrics]


def check_data(folder: RunDir, before: Header, data: Dataset) -> None:
    """Raise `RunError` where the data changed since the run began."""
    if before.data.revision != data.revision:
        raise RunError(
            f"the data of {before.spec} changed since {folder.path} was begun ({before.data.revision} then, "
            f"{data.revision} now); bring it back, or train again with another --out or --force"
        )


def engine_for(recipe: Recipe, shape: tuple[int, ...], device: str, mode: str, ranks: int = 1) -> Engine:
    """What a recipe is trained on and how, where nothing else is recorded."""
    settings, terms = recipe.settings, [part.cls for part in recipe.terms]
    if mode == "graph" and (free := [part.name for part in recipe.terms if not part.cls.capturable]):
        raise DeviceError(f"{', '.join(free)} cannot be captured in a graph; take --engine eager or compile")
    return Engine.choose(
        device,
        shape,
        settings.batch,
        settings.precision,
        mode,
        capturable=all(term.capturable for term in terms),
        repaid=worth_compiling(shape, settings.images, any(term.second_order for term in terms)),
        ranks=ranks,
    )


def _alike(recorded: str, device: str, ranks: int) -> bool:
    """Whether one is the other; processes that train together have a device of that kind each."""
    return recorded == device if ranks == 1 else recorded.partition(":")[0] == device.partition(":")[0]


@dataclass
class Attempt:
    """What a run is made of, from its recipe to its record."""

    recipe: Recipe
    folder: RunDir
    seed: int
    device: str
    trackers: Sequence[Tracker]
    force: bool = False
    """Start again: what the directory holds is not looked at, and is cleared once all is ready."""
    mode: str = "auto"
    """How moves are run, as `--engine` has it."""
    world: World = ALONE
    """The processes that train together; the first of them writes."""

    @cached_property
    def data(self) -> Dataset:
        """Read here, so that bad data is found before anything is written."""
        data: Dataset = self.recipe.dataset.build()
        return data

    @cached_property
    def before(self) -> Header | None:
        """The run so far."""
        return None if self.force else self.folder.header()

    @cached_property
    def engine(self) -> Engine:
        """That of the run so far, unless another device or mode is asked for; else chosen by rule."""
        ranks = self.world.size
        chosen = engine_for(self.recipe, self.data.shape, self.device, self.mode, ranks)
        recorded = self.before.engine if self.before is not None else None
        if recorded is None or (self.device != "auto" and not _alike(recorded.device, chosen.device, ranks)):
            return chosen
        try:
            device = find_device(recorded.device if ranks == 1 else recorded.device.partition(":")[0])
            mode = recorded.mode if self.mode == "auto" else chosen.mode
            return Engine(**{**msgspec.to_builtins(recorded), "device": device, "mode": mode, "ranks": ranks})
        except DeviceError as error:
            raise RunError(
                f"{self.folder.path} was trained so far on a device that is not here ({error}); go on with another, "
                f"such as --device {chosen.device}, if the last bits need not be the same"
            ) from None

    def go(self) -> None:
        """Train and record. Raises what stopped it, unless that is divergence, which is a result."""
        assembly = assemble(self.recipe, self.data.shape, self.data.labels, self.engine, self.seed)
        header = self.header(assembly)
        if self.before is not None:
            check_data(self.folder, self.before, self.data)
        with self.engine.active():
            session = self.session(assembly)
            if self.force and self.world.first:
                self.folder.clear()
            self.world.wait()  # all have seen what is there, before one of them writes
            session.resume()
            if not self.world.same(session.trainer.images):
                raise RunError(f"{self.folder.path} is not the same for all processes; give them one that all can read")
            if self.world.first:
                self.folder.begin(header)
            for tracker in self.trackers:
                now = {"path": self.folder.path, "budget": self.recipe.settings.total, "done": session.trainer.images}
                tracker.start({**msgspec.to_builtins(header), **now})
            self.play(session)

    def session(self, assembly: Assembly) -> Session:
        """The trainer and what watches it."""
        feed = Feed(self.data, self.engine, self.seed)
        mode = MODES[self.engine.mode]()
        trainer = Trainer(assembly.game, assembly.terms, feed, self.recipe.settings, self.seed, mode, self.world)
        return Session(trainer, self.data, metrics_of(self.data), self.folder, self.trackers)

    def play(self, session: Session) -> None:
        """Train to the end, or to what comes first."""
        try:
            session.train()
        except Diverged as error:
            self.finish(session, "diverged", str(error))
        except Interrupted as stop:
            message = f"{stop}; a checkpoint is in {self.folder.path}: run the same command again to go on"
            self.finish(session, "interrupted", message)
            raise Interrupted(message, stop.exit_code - 128) from None
        except BaseException as error:
            with suppress(RunError):  # a full disk is what may have stopped it
                stopped = isinstance(error, KeyboardInterrupt)  # a second time, without waiting for a checkpoint
                self.finish(session, "interrupted" if stopped else "failed", sentence(error))
            raise
        else:
            self.finish(session, "ok", "")

    def finish(self, session: Session, status: Status, message: str) -> None:
        """Write the record and tell the trackers."""
        if not self.world.first:
            return
        result = record(self, session, status, message)
        self.folder.end(result)
        if status in ("ok", "diverged"):
            illustrate(self.folder, result.budget.images)
        for tracker in self.trackers:
            tracker.finish(result)

    def header(self, assembly: Assembly) -> Header:
        """What `recipe.json` says."""
        data = Shapes(
            revision=self.data.revision,
            n_train=len(self.data.train.x),
            shape=tuple(self.data.shape),
            labels=self.data.labels,
        )
        return Header(
            **self.recipe.to_dict(),
            seed=self.seed,
            data=data,
            parameters=assembly.sizes,
            chosen=assembly.chosen,
            warnings=assembly.warnings,
            engine=Numerics(**asdict(self.engine)),
        )
