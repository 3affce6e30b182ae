"""Running the cells of a grid, whatever happens to the workers or to this process."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Literal

from ganzoo.bench.cells import GridCell
from ganzoo.bench.failure import failure_record
from ganzoo.bench.launcher import Launcher, Outcome
from ganzoo.bench.record_file import RecordFile
from ganzoo.runs.records import Result, Status
from ganzoo.runs.rundir import BUSY

PAUSE = 0.5  # seconds between two checks of cells that another process runs

CellStatus = Literal["waiting", "running", "elsewhere"] | Status
"""running: handed to a worker; elsewhere: another process holds the run directory."""


@dataclass
class CellState:
    """What is known of a cell. Only `GridRun` changes it."""

    status: CellStatus = "waiting"
    since: float = 0.0
    """When the status changed last, in seconds since the epoch."""
    result: Result | None = None
    output: str = ""
    """The last lines of a worker that failed."""

    @property
    def ended(self) -> bool:
        """Whether the cell will not run again in this `GridRun`."""
        return self.status in ("ok", "diverged", "failed")


@dataclass
class GridRun:
    """Runs every cell that has no final result yet."""

    cells: Sequence[GridCell]
    launcher: Launcher
    records: RecordFile
    on_end: Callable[[GridCell, CellState], None] = lambda cell, state: None
    """Called for each cell that ends, but not for those that had ended before."""
    states: dict[GridCell, CellState] = field(init=False)

    def __post_init__(self) -> None:
        self.states = {cell: CellState() for cell in self.cells}
        for cell, state in self.states.items():
            if result := cell.final_result():
                state.status, state.result = result.status, result

    @property
    def counts(self) -> Counter[str]:
        """Number of cells by status."""
        return Counter(state.status for state in self.states.values())

    def run(self) -> None:
        """Run the cells until all have ended. Those that another process runs are waited for."""
        if results := [state.result for state in self.states.values() if state.result]:
            self.records.add(results)
        while not all(state.ended for state in self.states.values()):
            with closing(self.launcher.run(self._cells_to_run())) as outcomes:
                for outcome in outcomes:
                    self._evaluate(outcome)
            if self.counts["elsewhere"]:
                time.sleep(PAUSE)

    def _cells_to_run(self) -> Iterator[GridCell]:
        """Each cell is checked when a worker is free for it: another grid may have finished it meanwhile."""
        for cell, state in self.states.items():
            if state.ended:
                continue
            if result := cell.final_result():
                self._end(cell, result)
            elif cell.folder.running():
                self._set_status(state, "elsewhere")
            else:
                self._set_status(state, "running")
                yield cell

    def _evaluate(self, outcome: Outcome) -> None:
        """The run directory decides what a worker achieved, not its exit code."""
        cell, state = outcome.cell, self.states[outcome.cell]
        if result := cell.final_result():
            self._end(cell, result)
        elif BUSY in outcome.output:
            self._set_status(state, "elsewhere")
        else:
            state.output = outcome.output or f"no result in {cell.path}; do all workers share the file system of --out?"
            self._end(cell, failure_record(cell, state.output))

    def _end(self, cell: GridCell, result: Result) -> None:
        state = self.states[cell]
        state.result = result
        self._set_status(state, result.status)
        self.records.add([result])
        self.on_end(cell, state)

    def _set_status(self, state: CellState, status: CellStatus) -> None:
        if state.status != status:
            state.status, state.since = status, time.time()
