"""How far cells are, from what their run directories say: workers need not tell us anything."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from ganzoo.interfaces.scores import Metrics

if TYPE_CHECKING:
    from ganzoo.bench.cells import Cell
    from ganzoo.bench.execute import State

TAIL = 2**15  # bytes of a log that are looked at: several lines of metrics, which are the longest


class _Line(msgspec.Struct, frozen=True):
    """Of `log.jsonl`."""

    images: int
    metrics: Metrics | None = None


@dataclass(frozen=True)
class Reading:
    """A cell at one moment."""

    images: int
    metrics: Metrics
    """The newest; empty before the first."""


def look(cell: Cell, since: float = 0.0) -> Reading | None:
    """Where a cell is; None if its directory was not written to after `since` (seconds since the epoch)."""
    with suppress(OSError):
        if cell.folder.recipe_file.stat().st_mtime >= since:
            lines = list(_tail(cell))
            return Reading(
                max((line.images for line in lines), default=0),
                next((line.metrics for line in reversed(lines) if line.metrics), {}),
            )
    return None


def _tail(cell: Cell) -> Iterator[_Line]:
    with suppress(FileNotFoundError), open(cell.folder.log_file, "rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL))
        for text in file.read().splitlines():
            with suppress(ValueError, msgspec.MsgspecError):  # cut off in front, or still being written
                yield msgspec.json.decode(text, type=_Line)


@dataclass
class Gauge:
    """Watches the cells of an execution: images, images a second, seconds left."""

    states: Mapping[Cell, State]
    began: dict[Cell, tuple[float, int]] = field(default_factory=dict)
    """When a cell was first seen to move, and where it was."""

    def read(self, cell: Cell) -> tuple[Reading, float] | None:
        """Where a running cell is, and its images a second; None if it has not begun."""
        state, now = self.states[cell], time.time()
        reading = look(cell, state.since if state.status == "running" else 0.0)
        if reading is None:
            return None
        began, images = self.began.setdefault(cell, (now, reading.images))
        if reading.images < images:  # its worker was killed, and another goes on from a checkpoint
            began, images = self.began[cell] = (now, reading.images)
        return reading, (reading.images - images) / max(now - began, 1.0)

    def left(self) -> float | None:
        """Seconds until all cells have ended, if those to come are as fast as those that run; None: not known yet."""
        rest, speed = 0.0, 0.0
        for cell, state in self.states.items():
            if not state.ended:
                found = self.read(cell) if state.status != "waiting" else None
                rest += cell.total - (found[0].images if found else 0)
                speed += found[1] if found else 0.0
        return rest / speed if speed else None


def span(seconds: float) -> str:
    """For people: "2 h 05 min", "3 min 20 s", "12 s"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, more = divmod(minutes, 60)
    return f"{hours} h {more:02d} min" if hours else f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
