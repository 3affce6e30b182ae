"""How long a grid will take: a few moves of each recipe, and one evaluation on each data set."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ganzoo.bench.cells import Cell
from ganzoo.interfaces.datasets import Dataset
from ganzoo.runs.attempt import Attempt
from ganzoo.runs.loop import MARKS, Session
from ganzoo.runs.rundir import RunDir
from ganzoo.support.errors import Diverged
from ganzoo.training.build import assemble
from ganzoo.training.trainer import Trainer

WARM_UP = 3  # rounds
MOVES, SECONDS = 36, 2.0  # measured, whichever comes first


@dataclass(frozen=True)
class Estimate:
    """Of the cells of one recipe."""

    per_image: float
    """Seconds of training."""
    per_mark: float
    """Seconds of one evaluation, picture and checkpoint."""

    def seconds(self, images: int, total: int) -> float:
        """For the last `images` of `total`, without the start of a process."""
        return images * self.per_image + MARKS * images / total * self.per_mark


def estimates(cells: Iterable[Cell]) -> dict[str, Estimate]:
    """By recipe id. Trains each for a few dozen moves in this process, on its threads: two seconds a recipe, or so."""
    found: dict[str, Estimate] = {}
    sets: dict[str, Dataset] = {}
    marks: dict[str, float] = {}
    for cell in {cell.id: cell for cell in cells}.values():
        name = str(cell.recipe.dataset)
        data = sets.setdefault(name, cell.recipe.dataset.build())
        with tempfile.TemporaryDirectory(prefix="ganzoo-probe-") as folder:
            attempt = Attempt(cell.recipe, RunDir(Path(folder)), cell.seed, cell.device, ())
            attempt.data = data
            assembly = assemble(cell.recipe, data.shape, data.labels, attempt.engine, cell.seed)
            with attempt.engine.active():
                session = attempt.session(assembly)
                per_image = _moves(session.trainer)
                if name not in marks:
                    marks[name] = _mark(session)
        found[cell.id] = Estimate(per_image, marks[name])
    return found


def _moves(trainer: Trainer) -> float:
    """Seconds an image. `losses` waits for the device."""
    for _ in range(WARM_UP):
        trainer.round()
    trainer.losses()
    began, before, rounds = time.perf_counter(), trainer.images, 0
    while not rounds or (rounds * (trainer.settings.d_steps + 1) < MOVES and time.perf_counter() - began < SECONDS):
        trainer.round()
        rounds += 1
    trainer.losses()
    return (time.perf_counter() - began) / (trainer.images - before)


def _mark(session: Session) -> float:
    """Seconds of one evaluation, once what all evaluations share has been computed."""
    try:
        session.mark()
        began = time.perf_counter()
        session.mark()
    except Diverged:
        return 0.0
    return time.perf_counter() - began
