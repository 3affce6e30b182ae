"""Tasks of a Ray cluster. Ray is imported only when it is used."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from msgspec import Meta

from ganzoo.bench.cells import GridCell
from ganzoo.bench.launcher import Outcome, environment_of_cell, run_cell
from ganzoo.interfaces.bounds import Count
from ganzoo.support.errors import RunError

PATIENCE = 60.0  # seconds that stopped tasks have for their checkpoints


@dataclass(frozen=True, kw_only=True)
class Ray:
    """One Ray task per cell. Run directories must be on a file system that all nodes share.

    Ray restarts a task whose worker or node dies; the cell resumes from its checkpoint.
    """

    address: str | None = None
    """Address of a cluster, such as head:6379 or auto. Default: RAY_ADDRESS, else a new cluster of this machine alone.

    A cluster with tokens needs RAY_AUTH_MODE=token and its token in this environment too.
    """
    threads: Count = 1
    """CPUs of each cell."""
    per_gpu: Count = 1
    """Cells that share a GPU, if the cluster has GPUs and the device is not the CPU."""
    retries: Annotated[int, Meta(ge=0)] = 3
    """How often a cell whose worker died is restarted before it counts as failed."""

    def at_once(self, device: str) -> int:
        """As many as the cluster has CPUs and GPUs for."""
        resources = self._connect().cluster_resources()
        limits = [resources.get("CPU", 0) / self.threads]
        if gpus := self._gpus(device):
            limits.append(resources["GPU"] / gpus)
        return max(1, int(min(limits)))

    def run(self, cells: Iterable[GridCell]) -> Generator[Outcome, None, None]:
        """Submit all cells at once; Ray queues them."""
        if not (submitted := list(cells)):
            return
        ray = self._connect()
        gpus = self._gpus(submitted[0].device)
        task = ray.remote(num_cpus=self.threads, num_gpus=gpus, max_retries=self.retries)(run_cell)
        environment = environment_of_cell(self.threads)
        running = {task.remote(cell.arguments, os.getcwd(), environment): cell for cell in submitted}
        try:
            while running:
                for ended in ray.wait(list(running), timeout=0.5)[0]:
                    yield _outcome(ray, ended, running.pop(ended))
        finally:
            if running:
                for reference in running:
                    ray.cancel(reference)
                ray.wait(list(running), num_returns=len(running), timeout=PATIENCE)

    def _connect(self) -> Any:
        """The module `ray`, connected to a cluster."""
        try:
            import ray
        except ImportError:
            raise RunError("the launcher ray needs Ray: pip install 'ganzoo-core[ray]'") from None
        if not ray.is_initialized():
            address = self.address or os.environ.get("RAY_ADDRESS") or "local"
            try:
                ray.init(address=address, log_to_driver=False, logging_level="ERROR")
            except Exception as error:
                raise RunError(f"no Ray cluster at {address}: {error}; start one, or leave out address") from None
        return ray

    def _gpus(self, device: str) -> float:
        """The share of a GPU that a cell requests."""
        available = device != "cpu" and self._connect().cluster_resources().get("GPU", 0)
        return 1 / self.per_gpu if available else 0


def _outcome(ray: Any, reference: Any, cell: GridCell) -> Outcome:
    try:
        return Outcome(cell, *ray.get(reference))
    except ray.exceptions.RayError as error:
        return Outcome(cell, 1, str(error))
