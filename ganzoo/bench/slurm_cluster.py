"""Jobs of a Slurm cluster, submitted through submitit, which is imported only when it is used."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal

from msgspec import Meta

from ganzoo.bench.cells import GridCell
from ganzoo.bench.launcher import Outcome, can_resume, environment_of_cell, run_cell
from ganzoo.interfaces.bounds import Count
from ganzoo.support.errors import RunError

PAUSE = 1.0  # seconds between two polls of the jobs
PATIENCE = 60.0  # seconds that cancelled jobs have for their checkpoints


@dataclass(frozen=True, kw_only=True)
class Slurm:
    """One Slurm job per cell, in a job array. Run directories and logs must be on a file system that all nodes share.

    Start it where `sbatch` works, and keep it running until the grid ends. A job that is preempted, reaches its time
    limit or dies is submitted again, and the cell resumes from its checkpoint. `sbatch` reads what has no option here
    from its own variables, such as SBATCH_ACCOUNT and SBATCH_QOS.
    """

    partition: str | None = None
    """Default: the cluster's."""
    minutes: Count = 60
    """Time limit of a job. 90 seconds before, the cell writes a checkpoint and stops."""
    threads: Count = 1
    """CPUs of each job."""
    gpus: Annotated[int, Meta(ge=0)] = 0
    """GPUs of each job; a cell uses one."""
    memory: Annotated[float, Meta(gt=0)] | None = None
    """Memory of each job in GB. Default: the partition's."""
    jobs: Count = 100
    """Jobs that run at the same time."""
    retries: Annotated[int, Meta(ge=0)] = 3
    """How often a cell is submitted again before it counts as failed."""
    logs: str = "slurm-logs"
    """Folder for what submitit writes: the output of each job, and its arguments."""
    executor: Literal["slurm", "local"] = "slurm"
    """`local` starts all jobs at once as processes of this machine, for a trial without Slurm."""

    def at_once(self, device: str) -> int:
        """`jobs`; how many Slurm starts is the scheduler's decision."""
        return self.jobs

    def run(self, cells: Iterable[GridCell]) -> Generator[Outcome, None, None]:
        """Submit all cells as one array, and those that were stopped again."""
        if not (submitted := list(cells)):
            return
        executor = self._executor()
        retries = dict.fromkeys(submitted, self.retries)
        jobs = self._submit(executor, submitted)
        try:
            while jobs:
                for job in [job for job in jobs if job.done() or job.state == "PREEMPTED"]:
                    cell = jobs.pop(job)
                    outcome = _outcome(job, cell)
                    if retries[cell] and can_resume(outcome.code):
                        retries[cell] -= 1
                        jobs |= self._submit(executor, [cell])
                    else:
                        yield outcome
                time.sleep(PAUSE)
        finally:
            _cancel(jobs)

    def _executor(self) -> Any:
        """Of submitit, with the options of the jobs."""
        try:
            import submitit
        except ImportError:
            raise RunError("the launcher slurm needs submitit: pip install 'ganzoo-core[slurm]'") from None
        try:
            executor = submitit.AutoExecutor(self.logs, cluster=self.executor)
        except RuntimeError as error:
            raise RunError(f"no Slurm on this machine ({error}); start the grid where sbatch works") from None
        executor.update_parameters(
            name="ganzoo",
            timeout_min=self.minutes,
            cpus_per_task=self.threads,
            gpus_per_node=self.gpus or None,
            mem_gb=self.memory,
            slurm_partition=self.partition,
            slurm_array_parallelism=self.jobs,
            slurm_additional_parameters={"no-requeue": True},  # `run` submits again, as often as `retries` allows
        )
        return executor

    def _submit(self, executor: Any, cells: list[GridCell]) -> dict[Any, GridCell]:
        """The jobs, and the cell of each."""
        directory, environment = os.getcwd(), environment_of_cell(self.threads)
        work = [partial(run_job, cell.arguments, directory, environment) for cell in cells]
        try:
            return dict(zip(executor.submit_array(work), cells, strict=True))
        except Exception as error:  # submitit, subprocess and the file system have their own
            raise RunError(f"Slurm did not accept the jobs: {error}") from None


def run_job(arguments: Mapping[str, Any], directory: str, environment: Mapping[str, str]) -> tuple[int, str]:
    """Run a cell in a job. The signal that Slurm sends shortly before the time limit stops it as SIGTERM does."""
    import submitit

    warning = signal.Signals[f"SIG{submitit.JobEnvironment.USR_SIG}"]
    signal.signal(warning, lambda signum, frame: signal.raise_signal(signal.SIGTERM))
    try:
        return run_cell(arguments, directory, environment)
    except KeyboardInterrupt as error:
        return getattr(error, "exit_code", 128 + signal.SIGINT), str(error)


def _outcome(job: Any, cell: GridCell) -> Outcome:
    from submitit.core.utils import FailedJobError, UncompletedJobError

    if job.state == "PREEMPTED":  # submitit would wait for Slurm to requeue it
        return Outcome(cell, -signal.SIGKILL, f"job {job.job_id} was preempted")
    try:
        return Outcome(cell, *job.result())
    except FailedJobError as error:
        return Outcome(cell, 1, str(error))
    except UncompletedJobError as error:  # without a result: killed, or its node died
        return Outcome(cell, -signal.SIGKILL, str(error))


def _cancel(jobs: Mapping[Any, GridCell]) -> None:
    """Stop the jobs, and wait for the checkpoints of those that run."""
    for job in jobs:
        job.cancel(check=False)
    deadline = time.monotonic() + PATIENCE
    while any(cell.folder.running() for cell in jobs.values()) and time.monotonic() < deadline:
        time.sleep(PAUSE)
