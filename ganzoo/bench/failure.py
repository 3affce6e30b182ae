"""The record of a cell whose worker failed."""

from __future__ import annotations

from contextlib import suppress

import msgspec

from ganzoo.bench.cells import GridCell
from ganzoo.runs.environment import environment
from ganzoo.runs.records import Budget, DatasetRecord, Env, Header, Result
from ganzoo.runs.result import described, now, result
from ganzoo.support.errors import DataError, RunError
from ganzoo.training.engine import Engine

LINES, CHARACTERS = 12, 1_500  # of a worker's output, which a record keeps at most


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
        "\n".join(output.splitlines()[-LINES:])[-CHARACTERS:],
        dataset=_data(cell, header),
        budget=Budget(images=cell.folder.checkpoints.images(), d_moves=0, g_moves=0, wall_s=0.0, core_s=0.0),
        env=_environment(header),
        created=now(),
        parameters=header.parameters if header else {},
    )


def _data(cell: GridCell, header: Header | None) -> DatasetRecord:
    """The data set as the run recorded it; one that cannot be read has no revision."""
    data = DatasetRecord(name=cell.recipe.dataset.name, revision="", n_train=0)
    with suppress(DataError):
        data = described(cell.recipe.dataset.build())
    if header:
        data = msgspec.structs.replace(data, revision=header.data.revision, n_train=header.data.n_train)
    return data


def _environment(header: Header | None) -> Env:
    """Of this machine, with the device that the run began on, which may be another machine's."""
    env = environment(Engine(device="cpu", threads=1, layout="contiguous"))
    return msgspec.structs.replace(env, **msgspec.to_builtins(header.engine)) if header else env
