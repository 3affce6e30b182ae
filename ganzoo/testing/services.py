"""Checks of what surrounds a run: trackers and launchers."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ganzoo.bench.cells import Cell
from ganzoo.recipes import recipe
from ganzoo.runs.train import run
from ganzoo.support.errors import RunError
from ganzoo.testing.check import Check, Skip, check
from ganzoo.testing.subject import Candidate


@check(
    "build",
    "tracker",
    mend="take what help(ganzoo.Tracker) says, and write below the run's directory",
    see="help(ganzoo.Tracker)",
)
def watches_a_run(c: Candidate) -> Iterator[str]:
    """A tracker is told of every run: whatever it raises would stop the run."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        watched = run("mlp:width=8+bce@ring8", steps=20, out="run", device="cpu", trackers=[c.build()])
        again = run("mlp:width=8+bce@ring8", steps=20, out="again", device="cpu")
        if watched.result is None or again.result is None or watched.result.metrics != again.result.metrics:
            yield "a run that it watches ends with other numbers"
        if stray := sorted(set(os.listdir(folder)) - {"run", "again"}):
            yield f"it left {', '.join(stray)} in the working directory; a run's directory is in start(run)['path']"


@check(
    "build",
    "launcher",
    mend="yield one outcome for each cell, in any order",
    see="help(ganzoo.bench.launcher.Launcher)",
)
def runs_every_cell(c: Candidate) -> Iterator[str]:
    """A grid is done when each cell has run as `ganzoo.run(**cell.arguments)` would, and its outcome is told."""
    with tempfile.TemporaryDirectory() as folder:
        cells = [_cell(Path(folder), seed) for seed in range(2)]
        try:
            outcomes = {outcome.cell.seed: outcome for outcome in c.build().run(iter(cells))}
        except RunError as error:
            raise Skip(f"nothing can be run here: {error}") from error
        for cell in cells:
            outcome, result = outcomes.get(cell.seed), cell.folder.result()
            if outcome is None or outcome.code or result is None or result.status != "ok":
                yield f"{cell.name}: {outcome.said or outcome.code if outcome else 'no outcome'}"
    if c.build().at_once("cpu") < 1:
        yield "at_once('cpu') should be 1 or more"


def _cell(folder: Path, seed: int) -> Cell:
    spec, given = "mlp:width=8+bce@ring8", {"steps": 20}
    return Cell(spec, spec, None, given, recipe.resolve(spec, None, given), seed, folder / str(seed), "cpu")


BUILD: tuple[Check, ...] = (watches_a_run, runs_every_cell)
