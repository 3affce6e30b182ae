"""One try at finishing a run. Whatever its end, a record of it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from ganzoo import registry
from ganzoo.build import Assembly, assemble
from ganzoo.data import Dataset, Tracker
from ganzoo.engine import Engine
from ganzoo.feed import Feed
from ganzoo.outcome import record
from ganzoo.recipe import Recipe
from ganzoo.records import Metrics, Result, Status
from ganzoo.rundir import RunDir, RunError, write_json
from ganzoo.session import Diverged, Session
from ganzoo.signals import Interrupted
from ganzoo.trainer import Trainer


def metrics_of(data: Dataset) -> list[Callable[..., Metrics]]:
    """The metrics that score a data set."""
    found = registry.default()
    return [registry.load(found.lookup(name, ["metric"]).component)() for name in data.metrics]


@dataclass
class Attempt:
    """What a run is made of, from its recipe to its record."""

    recipe: Recipe
    folder: RunDir
    seed: int
    device: str
    trackers: Sequence[Tracker]

    @cached_property
    def data(self) -> Dataset:
        """Read here, so that bad data is found before anything is written."""
        data: Dataset = self.recipe.dataset.build()
        return data

    @cached_property
    def engine(self) -> Engine:
        """That of the run so far, unless another device is asked for; else chosen by rule."""
        before = self.folder.read_json("recipe.json")
        if before is not None and self.device == "auto":
            return Engine(**before["engine"])
        return Engine.choose(self.device, self.data.shape, self.recipe.settings.batch)

    def go(self) -> None:
        """Train and record. Raises what stopped it, unless that is divergence, which is a result."""
        assembly = assemble(self.recipe, self.data.shape, self.data.labels, self.engine, self.seed)
        header = self.header(assembly)
        self.same_data(header)
        write_json(self.folder.path / "recipe.json", header)
        with self.engine.active():
            session = self.session(assembly)
            session.resume()
            for tracker in self.trackers:
                now = {"path": self.folder.path, "budget": self.recipe.settings.total, "done": session.trainer.images}
                tracker.start({**header, **now})
            self.play(session)

    def session(self, assembly: Assembly) -> Session:
        """The trainer and what watches it."""
        feed = Feed(self.data, self.engine, self.seed)
        trainer = Trainer(assembly.game, assembly.terms, feed, self.recipe.settings, self.seed)
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
            with suppress(OSError):  # a full disk is what may have stopped it
                self.finish(session, "failed", f"{type(error).__name__}: {error}")
            raise
        else:
            self.finish(session, "ok", "")

    def finish(self, session: Session, status: Status, message: str) -> None:
        """Write the record and tell the trackers."""
        result: Result = record(
            self.recipe,
            self.data,
            self.engine,
            self.seed,
            session.budget(),
            session.curve,
            status,
            message,
            session.metrics,
        )
        write_json(self.folder.path / "result.json", msgspec.to_builtins(result))
        for tracker in self.trackers:
            tracker.finish(result)

    def header(self, assembly: Assembly) -> dict[str, Any]:
        """What `recipe.json` says."""
        data = {
            "revision": self.data.revision,
            "n_train": len(self.data.train.x),
            "shape": list(self.data.shape),
            "labels": self.data.labels,
        }
        more = {"seed": self.seed, "data": data, "parameters": assembly.sizes, "chosen": assembly.chosen}
        return {**self.recipe.to_dict(), **more, "engine": msgspec.to_builtins(self.engine)}

    def same_data(self, header: dict[str, Any]) -> None:
        """Raise `RunError` where the data changed since the run began."""
        before = self.folder.read_json("recipe.json")
        if before is not None and before["data"]["revision"] != header["data"]["revision"]:
            raise RunError(
                f"the data of {self.recipe.spec} changed since {self.folder.path} was begun "
                f"({before['data']['revision']} then, {header['data']['revision']} now); use another --out, or --force"
            )
