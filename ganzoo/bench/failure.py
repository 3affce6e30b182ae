"""The record of a cell that did not end by itself."""

from __future__ import annotations

from contextlib import suppress

import msgspec

from ganzoo.bench.cells import Cell
from ganzoo.runs.environment import environment
from ganzoo.runs.records import Budget, Data, Env, Header, Result
from ganzoo.runs.result import now, result
from ganzoo.support.errors import DataError, RunError
from ganzoo.training.engine import Engine

LINES, CHARACTERS = 12, 1_500


def last_lines(said: str) -> str:
    """The end of what a worker said, as much as a record has room for."""
    return "\n".join(said.splitlines()[-LINES:])[-CHARACTERS:]


def failure(cell: Cell, said: str) -> Result:
    """What the run directory says of the failure, else a record of its own: it does not vanish."""
    header = None
    with suppress(RunError):
        header, ended = cell.folder.header(), cell.folder.result()
        if ended and ended.status == "failed" and (ended.recipe_id, ended.seed) == (cell.id, cell.seed):
            return ended
    return result(
        cell.recipe,
        cell.seed,
        "failed",
        last_lines(said),
        dataset=_data(cell, header),
        budget=Budget(images=cell.folder.checkpoints.images(), d_moves=0, g_moves=0, wall_s=0.0, core_s=0.0),
        env=_where(header),
        created=now(),
        parameters=header.parameters if header else {},
    )


def _data(cell: Cell, header: Header | None) -> Data:
    """As the run has it; one that cannot be read has no revision."""
    name, revision, n_train, primary = cell.recipe.dataset.name, "", 0, ""
    with suppress(DataError):
        data = cell.recipe.dataset.build()
        primary, revision, n_train = data.primary, data.revision, len(data.train.x)
    if header:
        revision, n_train = header.data.revision, header.data.n_train
    return Data(name=name, revision=revision, n_train=n_train, primary=primary)


def _where(header: Header | None) -> Env:
    """This machine's, with the device that the run began on, which need not be here."""
    env = environment(Engine(device="cpu", threads=1, layout="contiguous"))
    return msgspec.structs.replace(env, **msgspec.to_builtins(header.engine)) if header else env
