"""The record of a cell whose worker failed."""

from __future__ import annotations

from contextlib import suppress

import msgspec

from ganzoo.bench.cells import GridCell
from ganzoo.runs.environment import environment
from ganzoo.runs.records import Budget, DatasetRecord, Env, Header, Result
from ganzoo.runs.result import now, result
from ganzoo.support.errors import DataError, RunError
from ganzoo.training.engine import Engine

LINES, CHARACTERS = 12, 1_500


def last_lines(output: str) -> str:
    """The end of a worker's output, as much as a record has room for."""
    return "\n".join(output.splitlines()[-LINES:])[-CHARACTERS:]


def failure_record(cell: GridCell, output: str) -> Result:
    """The record of the failure in the run directory, else a new one from the worker's output."""
    header = None
    with suppress(RunError):
        header, ended = cell.folder.header(), cell.folder.result()
        if ended and ended.status == "failed" and (ended.recipe_id, ended.seed) == (cell.id, cell.seed):
            return ended
    return result(
        cell.recipe,
        cell.seed,
        "failed",
        last_lines(output),
        dataset=_data(cell, header),
        budget=Budget(images=cell.folder.checkpoints.images(), d_moves=0, g_moves=0, wall_s=0.0, core_s=0.0),
        env=_environment(header),
        created=now(),
        parameters=header.parameters if header else {},
    )


def _data(cell: GridCell, header: Header | None) -> DatasetRecord:
    """The data set as the run recorded it; one that cannot be read has no revision."""
    name, revision, n_train, primary = cell.recipe.dataset.name, "", 0, ""
    with suppress(DataError):
        data = cell.recipe.dataset.build()
        primary, revision, n_train = data.primary, data.revision, len(data.train.x)
    if header:
        revision, n_train = header.data.revision, header.data.n_train
    return DatasetRecord(name=name, revision=revision, n_train=n_train, primary=primary)


def _environment(header: Header | None) -> Env:
    """Of this machine, with the device that the run began on, which may be another machine's."""
    env = environment(Engine(device="cpu", threads=1, layout="contiguous"))
    return msgspec.structs.replace(env, **msgspec.to_builtins(header.engine)) if header else env
