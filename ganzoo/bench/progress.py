"""How far cells are, read from their run directories: workers need not report anything."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec

from ganzoo.bench.cells import GridCell
from ganzoo.bench.grid_run import CellState
from ganzoo.interfaces.scores import Metrics

TAIL = 2**15  # bytes at the end of a log: several lines of metrics, which are the longest


class CellProgress(msgspec.Struct, frozen=True):
    """A cell at one moment, and a line of `log.jsonl`."""

    images: int
    metrics: Metrics = {}
    """The newest; empty before the first evaluation, and in a line of losses."""


def read_progress(cell: GridCell, since: float = 0.0) -> CellProgress | None:
    """How far a cell is; None if its run was not started after `since` (seconds since the epoch)."""
    with suppress(OSError):
        if cell.folder.recipe_file.stat().st_mtime >= since:
            lines = list(_last_lines(cell))
            return CellProgress(
                max((line.images for line in lines), default=0),
                next((line.metrics for line in reversed(lines) if line.metrics), {}),
            )
    return None


def _last_lines(cell: GridCell) -> Iterator[CellProgress]:
    with suppress(FileNotFoundError), open(cell.folder.log_file, "rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL))
        for line in file.read().splitlines():
            with suppress(ValueError, msgspec.MsgspecError):  # the first is cut off, the last may be unfinished
                yield msgspec.json.decode(line, type=CellProgress)


@dataclass
class Gauge:
    """Measures the speed of running cells, and estimates the time left."""

    states: Mapping[GridCell, CellState]
    first_seen: dict[GridCell, tuple[float, int]] = field(default_factory=dict)
    """When a cell was first measured, and its images then."""

    def measure(self, cell: GridCell) -> tuple[CellProgress, float] | None:
        """How far a running cell is, and its images per second; None if it has not begun."""
        state, now = self.states[cell], time.time()
        progress = read_progress(cell, state.since if state.status == "running" else 0.0)
        if progress is None:
            return None
        start, images = self.first_seen.setdefault(cell, (now, progress.images))
        if progress.images < images:  # its worker was killed, and another resumed from a checkpoint
            start, images = self.first_seen[cell] = (now, progress.images)
        return progress, (progress.images - images) / max(now - start, 1.0)

    def seconds_left(self) -> float | None:
        """Until all cells have ended, if those that wait are as fast as those that run; None: not known yet."""
        images, speed = 0.0, 0.0
        for cell, state in self.states.items():
            if not state.ended:
                measured = self.measure(cell) if state.status != "waiting" else None
                images += cell.total - (measured[0].images if measured else 0)
                speed += measured[1] if measured else 0.0
        return images / speed if speed else None


def format_seconds(seconds: float) -> str:
    """For example "2 h 05 min", "3 min 20 s", "12 s"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, rest_minutes = divmod(minutes, 60)
    return f"{hours} h {rest_minutes:02d} min" if hours else f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
