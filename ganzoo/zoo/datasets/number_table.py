"""Rows of numbers as text, with commas between them: .csv."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from ganzoo.support.errors import DataError


def write_table(path: Path, x: Tensor, names: Sequence[str]) -> None:
    """x (N, D) below the names of its D columns. Nine digits, so that float32 numbers are read as they were."""
    rows = [",".join(f"{number:.9g}" for number in row) for row in x.tolist()]
    path.write_text("\n".join([",".join(names), *rows, ""]))


def read_table(path: Path) -> Tensor:
    """(N, D) float32. A first row without any number is taken for names, and empty lines are skipped.

    Raises `DataError` that names the first row which is no D numbers.
    """
    lines = {number: line.split(",") for number, line in enumerate(_text(path).splitlines(), 1) if line.strip()}
    rows = [_numbers(cells) for cells in lines.values()]
    if rows and all(value is None for value in rows[0]):
        lines.pop(next(iter(lines)))
        del rows[0]
    if not rows:
        raise DataError(f"{path}: has no row of numbers; write one a line, with commas between them")
    for (number, cells), row in zip(lines.items(), rows, strict=True):
        if None in row:
            raise DataError(f"{path}: line {number} has {cells[row.index(None)].strip()!r}, which is no number")
        if len(row) != len(rows[0]):
            raise DataError(f"{path}: line {number} has {len(row)} numbers, but the first row {len(rows[0])}")
    return torch.tensor(rows, dtype=torch.float64).float()


def _numbers(cells: Sequence[str]) -> list[float | None]:
    """None for what is no number."""
    return [_number(cell) for cell in cells]


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")  # some programs begin a file with a byte order mark
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); make it readable") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: is no text; write rows of numbers with commas between them") from None
