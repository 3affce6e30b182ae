"""Where cells are run: the protocol of launchers, and what they have in common."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from ganzoo.bench.cells import Cell
from ganzoo.recipes.parts import part


@dataclass(frozen=True)
class Outcome:
    """A worker that is done with a cell. What came out is in the cell's run directory."""

    cell: Cell
    code: int
    """0, or as `ganzoo run` exits; negative: the signal that killed it."""
    said: str = ""
    """The last lines that the worker wrote."""


class Launcher(Protocol):
    """A dataclass whose fields are its options, and which runs cells: a component of the kind "launcher"."""

    def at_once(self, device: str) -> int:
        """Cells that run side by side on devices such as `device`."""
        ...

    def run(self, cells: Iterable[Cell], /) -> Generator[Outcome, None, None]:
        """Run every cell, as `ganzoo.run(**cell.arguments)` does, and give outcomes in the order in which they end.

        `cells` may be asked for the next one as late as there is room for it: it leaves out what was meanwhile done
        elsewhere. Closing the generator stops the workers as SIGINT does, and waits for their checkpoints. Raises
        `RunError` where nothing can be run at all.
        """
        ...


def launcher_of(text: str, options: Mapping[str, str]) -> Launcher:
    """The launcher of a part such as "local:jobs=2", with further options. Raises `SpecError` with all mistakes."""
    launcher: Launcher = part(text, "launcher", options, where="--launcher ").build()
    return launcher
