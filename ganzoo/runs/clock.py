"""How long a run takes, over all of its sessions."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass
class Clock:
    """Seconds on the wall and of this run's cores, including those of earlier sessions."""

    wall_s: float = 0.0
    core_s: float = 0.0

    def __post_init__(self) -> None:
        self._wall, self._core = self.wall_s - time.perf_counter(), self.core_s - time.process_time()

    def read(self, beside: float = 0.0) -> dict[str, float]:
        """Both, as of now. Seconds of the cores of a process beside this one are added."""
        now = {"wall_s": self._wall + time.perf_counter(), "core_s": self._core + time.process_time() + beside}
        return {name: round(seconds, 3) for name, seconds in now.items()}
