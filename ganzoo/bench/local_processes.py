"""Worker processes on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain, cycle, islice
from typing import IO, Annotated

from msgspec import Meta

from ganzoo.bench.cells import GridCell
from ganzoo.bench.launcher import Outcome, can_resume
from ganzoo.interfaces.bounds import Count
from ganzoo.training.engine import cores

PAUSE = 0.05  # seconds between two polls of the workers
OUTPUT_BYTES = 4_000  # of a worker's last output


@dataclass
class LocalWorker:
    """A process that runs a cell, and is restarted if it is killed."""

    cell: GridCell
    environment: Mapping[str, str]
    retries: int
    process: subprocess.Popen[bytes] = field(init=False)
    log: IO[bytes] = field(default_factory=tempfile.TemporaryFile)
    """Closed with the outcome."""

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Start in a process group of its own: Ctrl-C reaches it only through us, once, so it writes a checkpoint."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ganzoo", *self.cell.command, "--quiet"],
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            process_group=0,
        )

    def poll(self) -> bool:
        """Whether the worker has ended for good. One that was killed resumes from its checkpoint while it may."""
        code = self.process.poll()
        if code is not None and self.retries and can_resume(code):
            self.retries -= 1
            self.start()
            return False
        return code is not None

    def outcome(self) -> Outcome:
        """Wait for the process to end."""
        code = self.process.wait()
        with self.log as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - OUTPUT_BYTES))
            output = file.read().decode(errors="replace").strip()
        return Outcome(self.cell, code, output or (f"killed: {signal.strsignal(-code)}" if code < 0 else ""))


@dataclass(frozen=True, kw_only=True)
class Local:
    """One process `ganzoo run` per cell, on this machine."""

    jobs: Count | None = None
    """Cells at once. Default: as many as the cores or GPUs have room for."""
    threads: Count = 1
    """CPU threads of each cell."""
    per_gpu: Count = 1
    """Cells that share a GPU."""
    retries: Annotated[int, Meta(ge=0)] = 2
    """How often a cell whose process was killed resumes from its checkpoint before it counts as failed."""

    def at_once(self, device: str) -> int:
        """`jobs`, or as many as the cores or GPUs have room for."""
        return self.jobs or max(1, len(gpus(device)) * self.per_gpu or cores() // self.threads)

    def environments(self, device: str) -> list[dict[str, str]]:
        """Variables of each worker: its number of threads, and its GPU if there is one."""
        visible = [{"CUDA_VISIBLE_DEVICES": gpu} for gpu in gpus(device)] or [{}]
        return [{"OMP_NUM_THREADS": str(self.threads), **gpu} for gpu in islice(cycle(visible), self.at_once(device))]

    def run(self, cells: Iterable[GridCell]) -> Generator[Outcome, None, None]:
        """Start a worker whenever an environment is free."""
        waiting = iter(cells)
        if (first := next(waiting, None)) is None:
            return
        waiting, free, workers = chain([first], waiting), self.environments(first.device), list[LocalWorker]()
        try:
            while True:
                while free and (cell := next(waiting, None)):
                    workers.append(LocalWorker(cell, free.pop(0), self.retries))
                if not workers:
                    return
                for worker in [worker for worker in workers if worker.poll()]:
                    workers.remove(worker)
                    free.append(dict(worker.environment))
                    yield worker.outcome()
                time.sleep(PAUSE)
        finally:
            _stop(workers)


def _stop(workers: list[LocalWorker]) -> None:
    """Stop all, and wait for their checkpoints. A second Ctrl-C stops them without."""
    for worker in workers:
        worker.process.send_signal(signal.SIGINT)
    try:
        for worker in workers:
            worker.outcome()
    except KeyboardInterrupt:
        for worker in workers:
            worker.process.send_signal(signal.SIGINT)
        raise


def gpus(device: str) -> list[str]:
    """The GPUs that workers share, as `CUDA_VISIBLE_DEVICES` names them; none if the grid names one device."""
    import torch

    if device not in ("auto", "cuda") or not (count := torch.cuda.device_count()):
        return []
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
    return visible[:count] if visible[0] else [str(i) for i in range(count)]
