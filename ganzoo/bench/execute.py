"""Running the cells of a grid, whatever happens to them or to us."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Literal

from ganzoo.bench.cells import Cell
from ganzoo.bench.failure import failure
from ganzoo.bench.launcher import Launcher, Outcome
from ganzoo.bench.ledger import Ledger
from ganzoo.runs.records import Result
from ganzoo.runs.rundir import BUSY
from ganzoo.support.errors import RunError

PAUSE = 0.5  # seconds between two looks at cells that another process holds

Status = Literal["waiting", "running", "elsewhere", "ok", "diverged", "failed"]
"""running: handed to a worker; elsewhere: another process holds the run directory."""


@dataclass
class State:
    """Where a cell stands. Only `Execution` changes it."""

    status: Status = "waiting"
    since: float = 0.0
    """When the status came to be, as `time.time` has it."""
    result: Result | None = None
    said: str = ""
    """The last lines of a worker that failed."""
    before: bool = False
    """Whether it had ended before this grid was started."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.status in ("ok", "diverged", "failed")


@dataclass
class Execution:
    """One go at a grid."""

    cells: Sequence[Cell]
    launcher: Launcher
    ledger: Ledger
    tell: Callable[[Cell, State], None] = lambda cell, state: None
    """Told of each cell that has ended, except of those that had before."""
    states: dict[Cell, State] = field(init=False)

    def __post_init__(self) -> None:
        self.states = {cell: State() for cell in self.cells}
        for cell, state in self.states.items():
            if result := cell.ended():
                state.status, state.result, state.before = _final(result), result, True

    @property
    def counts(self) -> Counter[str]:
        """Cells by status."""
        return Counter(state.status for state in self.states.values())

    def go(self) -> None:
        """Run every cell that has not ended. Those that another process holds are waited for."""
        if done := [state.result for state in self.states.values() if state.result]:
            self.ledger.add(done)
        while not all(state.ended for state in self.states.values()):
            with closing(self.launcher.run(self._due())) as outcomes:
                for outcome in outcomes:
                    self._take(outcome)
            if self.counts["elsewhere"]:
                time.sleep(PAUSE)

    def _due(self) -> Iterator[Cell]:
        """Cells for workers. Looked at only when there is room for one: another grid may have done them meanwhile."""
        for cell, state in self.states.items():
            if state.ended:
                continue
            if result := _read(cell):
                self._settle(cell, result)
            elif cell.folder.running():
                self._set(state, "elsewhere")
            else:
                self._set(state, "running")
                yield cell

    def _take(self, outcome: Outcome) -> None:
        cell, state = outcome.cell, self.states[outcome.cell]
        if result := _read(cell):
            self._settle(cell, result)
        elif BUSY in outcome.said:
            self._set(state, "elsewhere")
        else:
            state.said = outcome.said or f"no result in {cell.path}; do all workers share the file system of --out?"
            self._settle(cell, failure(cell, state.said))

    def _settle(self, cell: Cell, result: Result) -> None:
        state = self.states[cell]
        state.result = result
        self._set(state, _final(result))
        self.ledger.add([result])
        self.tell(cell, state)

    def _set(self, state: State, status: Status) -> None:
        if state.status != status:
            state.status, state.since = status, time.time()


def _final(result: Result) -> Status:
    return result.status if result.status in ("ok", "diverged") else "failed"


def _read(cell: Cell) -> Result | None:
    """What ended; None where the directory cannot be read either."""
    try:
        return cell.ended()
    except RunError:
        return None
