"""What a grid will take, combination by combination."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ganzoo.bench.cells import Cell
from ganzoo.bench.probe import Estimate, estimates


@dataclass(frozen=True)
class Row:
    """One combination."""

    label: str
    seeds: list[int]
    done: list[int]
    """Seeds that have ended."""
    images: int
    """Budget of a cell."""
    seconds: float | None
    """Of a whole cell; None if nothing is left to do."""


@dataclass(frozen=True)
class Forecast:
    """All of them."""

    rows: list[Row]
    seconds: float
    """Left to do, one cell after the other, without the starts of processes."""

    @classmethod
    def of(cls, cells: Sequence[Cell]) -> Forecast:
        """Trains a few dozen moves of each recipe that is not done."""
        done = {cell for cell in cells if cell.ended()}
        found = estimates(cell for cell in cells if cell not in done)
        labels = dict.fromkeys(cell.label for cell in cells)
        rows = [_row([cell for cell in cells if cell.label == label], done, found) for label in labels]
        left = {cell: cell.total - cell.folder.images() for cell in cells if cell not in done}
        return cls(rows, sum(found[cell.id].seconds(images, cell.total) for cell, images in left.items()))


def _row(cells: list[Cell], done: set[Cell], found: dict[str, Estimate]) -> Row:
    first = cells[0]
    seconds = found[first.id].seconds(first.total, first.total) if first.id in found else None
    seeds = [cell.seed for cell in cells]
    return Row(first.label, seeds, [cell.seed for cell in cells if cell in done], first.total, seconds)
