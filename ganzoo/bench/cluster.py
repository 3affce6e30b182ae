"""Tasks of a Ray cluster. Ray is imported only when it is used."""

from __future__ import annotations

import os
import traceback
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from ganzoo.bench.cells import Cell
from ganzoo.bench.launcher import Outcome
from ganzoo.interfaces.bounds import Count
from ganzoo.support.errors import RunError

PATIENCE = 60.0  # seconds that stopped tasks have for their checkpoints
PASSED_ON = "GANZOO_"
"""Environment variables that tasks get from us begin like this."""


@dataclass(frozen=True, kw_only=True)
class Ray:
    """One task a cell. Run directories must be on a file system that all nodes share.

    A task whose worker or node dies is started again by Ray, and goes on from the cell's checkpoint.
    """

    address: str | None = None
    """Of a cluster, such as head:6379 or auto; none: that of RAY_ADDRESS, else a cluster of this machine alone.

    One with tokens wants RAY_AUTH_MODE=token and its token here too.
    """
    threads: Count = 1
    """Of each cell, and the CPUs that it asks Ray for."""
    per_gpu: Count = 1
    """Cells that share a GPU, where the cluster has any and the device is not the CPU."""
    retries: Annotated[int, Meta(ge=0)] = 3
    """How often a cell whose worker died goes on before it counts as failed."""

    def at_once(self, device: str) -> int:
        """As many as the cluster has CPUs and GPUs for."""
        has = self._connect().cluster_resources()
        rooms = [has.get("CPU", 0) / self.threads]
        if gpus := self._gpus(device):
            rooms.append(has["GPU"] / gpus)
        return max(1, int(min(rooms)))

    def run(self, cells: Iterable[Cell]) -> Generator[Outcome, None, None]:
        """Hand out all cells at once; Ray queues them."""
        if not (due := list(cells)):
            return
        ray = self._connect()
        wants = {"num_cpus": self.threads, "num_gpus": self._gpus(due[0].device), "max_retries": self.retries}
        task = ray.remote(**wants)(work)
        environ = {name: value for name, value in os.environ.items() if name.startswith(PASSED_ON)}
        tasks = {
            task.remote(cell.arguments, os.getcwd(), environ | {"OMP_NUM_THREADS": str(self.threads)}): cell
            for cell in due
        }
        try:
            while tasks:
                for done in ray.wait(list(tasks), timeout=0.5)[0]:
                    yield _outcome(ray, done, tasks.pop(done))
        finally:
            if tasks:
                for left in tasks:
                    ray.cancel(left)
                ray.wait(list(tasks), num_returns=len(tasks), timeout=PATIENCE)

    def _connect(self) -> Any:
        """The module, with a cluster behind it."""
        try:
            import ray
        except ImportError:
            raise RunError("the launcher ray needs Ray: pip install 'ganzoo-core[ray]'") from None
        if not ray.is_initialized():
            address = self.address or os.environ.get("RAY_ADDRESS") or "local"
            try:
                ray.init(address=address, log_to_driver=False, logging_level="ERROR")
            except Exception as error:
                raise RunError(f"no Ray cluster at {address}: {error}; start one, or leave address out") from None
        return ray

    def _gpus(self, device: str) -> float:
        """What a cell asks Ray for."""
        there = device != "cpu" and self._connect().cluster_resources().get("GPU", 0)
        return 1 / self.per_gpu if there else 0


def work(arguments: Mapping[str, Any], cwd: str, environ: Mapping[str, str]) -> tuple[int, str]:
    """Run a cell in a process of Ray's: exit code, and what went wrong."""
    if Path(cwd).is_dir():
        os.chdir(cwd)
    os.environ.update(environ)
    import ganzoo

    try:
        ganzoo.run(**arguments)
    except Exception as error:
        return getattr(error, "exit_code", 1), traceback.format_exc()
    return 0, ""


def _outcome(ray: Any, done: Any, cell: Cell) -> Outcome:
    try:
        return Outcome(cell, *ray.get(done))
    except ray.exceptions.RayError as error:
        return Outcome(cell, 1, str(error))
