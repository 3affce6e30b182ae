"""The protocol of launchers, which decide where the cells of a grid run, and what they share."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ganzoo.bench.cells import GridCell
from ganzoo.recipes.parts import part


@dataclass(frozen=True)
class Outcome:
    """How a worker ended that ran a cell. The result is in the cell's run directory."""

    cell: GridCell
    code: int
    """0, or the exit code of `ganzoo run`, or minus the signal that killed the worker."""
    output: str = ""
    """The last lines that the worker wrote, or why it failed."""


class Launcher(Protocol):
    """Runs the cells of a grid: a component of the kind "launcher". A dataclass whose fields are its options."""

    def at_once(self, device: str) -> int:
        """How many cells run at the same time on devices such as `device`."""
        ...

    def run(self, cells: Iterable[GridCell], /) -> Generator[Outcome, None, None]:
        """Run every cell as `ganzoo.run(**cell.arguments)` does, and yield an outcome for each, in any order.

        `cells` leaves out what another grid has finished meanwhile, so take the next one only when there is room for
        it. Closing the generator must stop the workers as SIGINT does, and wait for their checkpoints. Raises
        `RunError` if nothing can be run at all.
        """
        ...


def launcher_of(text: str, options: Mapping[str, str]) -> Launcher:
    """The launcher of a part such as "local:jobs=2", with further options. Raises `SpecError` with all mistakes."""
    launcher: Launcher = part(text, "launcher", options, where="--launcher ").build()
    return launcher


def can_resume(code: int) -> bool:
    """Whether a signal ended the worker: killed, or stopped after it wrote a checkpoint."""
    return code < 0 or code in (128 + signal.SIGINT, 128 + signal.SIGTERM, 128 + signal.SIGHUP)


def environment_of_cell(threads: int) -> dict[str, str]:
    """Variables that a cell needs on another machine: its number of threads, and ganzoo's own."""
    own = {name: value for name, value in os.environ.items() if name.startswith("GANZOO_")}
    return own | {"OMP_NUM_THREADS": str(threads)}


def run_cell(arguments: Mapping[str, Any], directory: str, environment: Mapping[str, str]) -> tuple[int, str]:
    """Run a cell in this process, from the working directory of the grid: exit code, and the traceback of a failure."""
    if Path(directory).is_dir():
        os.chdir(directory)
    os.environ.update(environment)  # before torch is imported, which reads the number of threads
    import ganzoo
    from ganzoo.support.memory import keep_freed_memory

    keep_freed_memory()
    try:
        ganzoo.run(**arguments)
    except Exception as error:
        return getattr(error, "exit_code", 1), traceback.format_exc()
    return 0, ""
