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

from ganzoo.bench.cells import Cell
from ganzoo.bench.launcher import Outcome
from ganzoo.interfaces.bounds import Count
from ganzoo.training.engine import cores

PAUSE = 0.05  # seconds between two looks at the workers
KEPT = 4_000  # bytes of what a worker says last
STOPPED = (128 + signal.SIGINT, 128 + signal.SIGTERM)
"""Exit codes of a worker that someone asked to stop."""


@dataclass
class Worker:
    """A process that runs a cell, and again if it is killed."""

    cell: Cell
    environ: Mapping[str, str]
    lives: int
    process: subprocess.Popen[bytes] = field(init=False)
    output: IO[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.output = tempfile.TemporaryFile()  # noqa: SIM115 -- closed with the outcome
        self.start()

    def start(self) -> None:
        """In a process group of its own: Ctrl-C reaches it once, through us, so that it writes its checkpoint."""
        self.lives -= 1
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ganzoo", *self.cell.command, "--quiet"],
            env={**os.environ, **self.environ},
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=self.output,
            process_group=0,
        )

    def ended(self) -> bool:
        """Whether there is an outcome. One that was killed goes on from its checkpoint, as long as it has lives."""
        code = self.process.poll()
        if code is not None and self.lives and (code < 0 or code in STOPPED):
            self.start()
            return False
        return code is not None

    def outcome(self) -> Outcome:
        """What it said last."""
        code = self.process.wait()
        with self.output as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - KEPT))
            said = file.read().decode(errors="replace").strip()
        return Outcome(self.cell, code, said or (f"killed: {signal.strsignal(-code)}" if code < 0 else ""))

    def stop(self) -> None:
        """As Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)


@dataclass(frozen=True, kw_only=True)
class Local:
    """One `ganzoo run` a cell, in processes of this machine."""

    jobs: Count | None = None
    """Cells at once; none: as many as cores or GPUs have room for."""
    threads: Count = 1
    """Of each cell."""
    per_gpu: Count = 1
    """Cells that share a GPU."""
    retries: Annotated[int, Meta(ge=0)] = 2
    """How often a cell whose process was killed goes on from its checkpoint before it counts as failed."""

    def at_once(self, device: str) -> int:
        """`jobs`, or what there is room for."""
        return self.jobs or max(1, len(gpus(device)) * self.per_gpu or cores() // self.threads)

    def places(self, device: str) -> list[dict[str, str]]:
        """What the environment of each worker says: its threads, and its GPU where there is one."""
        shown = [{"CUDA_VISIBLE_DEVICES": gpu} for gpu in gpus(device)] or [{}]
        return [{"OMP_NUM_THREADS": str(self.threads), **place} for place in islice(cycle(shown), self.at_once(device))]

    def run(self, cells: Iterable[Cell]) -> Generator[Outcome, None, None]:
        """Hand out cells as there is room."""
        waiting = iter(cells)
        if (first := next(waiting, None)) is None:
            return
        waiting, room, workers = chain([first], waiting), self.places(first.device), list[Worker]()
        try:
            while True:
                while room and (cell := next(waiting, None)):
                    workers.append(Worker(cell, room.pop(0), self.retries + 1))
                if not workers:
                    return
                for worker in [worker for worker in workers if worker.ended()]:
                    workers.remove(worker)
                    room.append(dict(worker.environ))
                    yield worker.outcome()
                time.sleep(PAUSE)
        finally:
            _stop(workers)


def _stop(workers: list[Worker]) -> None:
    """Wait for checkpoints; asked a second time, without."""
    for worker in workers:
        worker.stop()
    try:
        for worker in workers:
            worker.outcome()
    except KeyboardInterrupt:
        for worker in workers:
            worker.stop()
        raise


def gpus(device: str) -> list[str]:
    """Those among which cells are divided, as `CUDA_VISIBLE_DEVICES` names them; none where a device is named."""
    import torch

    if device not in ("auto", "cuda") or not (count := torch.cuda.device_count()):
        return []
    shown = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
    return shown[:count] if shown[0] else [str(i) for i in range(count)]
