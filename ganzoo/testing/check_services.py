"""Whether trackers leave runs alone, and launchers run every cell of a grid."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ganzoo.bench.cells import GridCell
from ganzoo.recipes import recipe
from ganzoo.runs.train import run
from ganzoo.support.errors import RunError
from ganzoo.testing.checks import Skip, check
from ganzoo.testing.under_test import PartUnderTest

SPEC, STEPS = "mlp:width=8+bce@ring8", 20


@check(
    "build",
    "tracker",
    mend="accept what help(ganzoo.Tracker) lists, and write only below the run's directory",
    see="help(ganzoo.Tracker)",
)
def watches_a_run(part: PartUnderTest) -> Iterator[str]:
    """A tracker must not change a run, stop it with an exception, or write elsewhere."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        tracked = run(SPEC, steps=STEPS, out="tracked", device="cpu", trackers=[part.build()])
        plain = run(SPEC, steps=STEPS, out="plain", device="cpu")
        if tracked.result is None or plain.result is None or tracked.result.metrics != plain.result.metrics:
            yield "a run with it ends with other scores than a run without it"
        if stray := sorted(set(os.listdir(folder)) - {"tracked", "plain"}):
            yield f"it left {', '.join(stray)} in the working directory; a run's directory is start(run)['path']"


@check(
    "build",
    "launcher",
    mend="yield one outcome for each cell, in any order",
    see="help(ganzoo.bench.launcher.Launcher)",
)
def runs_every_cell(part: PartUnderTest) -> Iterator[str]:
    """A grid is done when each cell has run as `ganzoo.run(**cell.arguments)` does, and its outcome was yielded."""
    with tempfile.TemporaryDirectory() as folder:
        cells = [_cell(Path(folder), seed) for seed in range(2)]
        try:
            outcomes = {outcome.cell.seed: outcome for outcome in part.build().run(iter(cells))}
        except RunError as error:
            raise Skip(f"it can run nothing here: {error}") from error
        for cell in cells:
            outcome, result = outcomes.get(cell.seed), cell.folder.result()
            if outcome is None or outcome.code or result is None or result.status != "ok":
                yield f"{cell.name}: {outcome.output or outcome.code if outcome else 'no outcome'}"
    if part.build().at_once("cpu") < 1:
        yield "at_once('cpu') should be 1 or more"


def _cell(folder: Path, seed: int) -> GridCell:
    settings = {"steps": STEPS}
    return GridCell(SPEC, SPEC, None, settings, recipe.resolve(SPEC, None, settings), seed, folder / str(seed), "cpu")
