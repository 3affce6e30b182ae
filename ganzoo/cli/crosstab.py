"""Combinations as a table with footnotes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from string import ascii_lowercase
from typing import TYPE_CHECKING

from ganzoo.cli.text import table
from ganzoo.support.messages import listed

if TYPE_CHECKING:
    from ganzoo.testing.matrix import Cell

NONE = "(none)"
MEANING = "+ works, ? untested, ! broken, a letter: why not, below; 5/7: so many of the losses work"


class Crosstab:
    """Regularizers against losses; against architectures where there are several, or against each other.

    A cell shows one combination, or those with all losses together.
    """

    def __init__(self, cells: Sequence[Cell]) -> None:
        self.notes: list[str] = []
        groups: dict[tuple[str, str], list[Cell]] = {}
        where = _axes(cells)
        for cell in cells:
            groups.setdefault(where(cell), []).append(cell)
        rows, columns = (list(dict.fromkeys(names)) for names in zip(*groups, strict=True))
        self.rows = [["", *columns]]
        for row in rows:
            self.rows.append([row, *(self._mark(groups.get((row, column), [])) for column in columns)])

    def text(self) -> str:
        """Aligned, for a terminal."""
        return f"{table(self.rows, indent='')}\n\n{MEANING}\n\n{table(self._notes())}".rstrip()

    def markdown(self) -> str:
        """For a page."""
        head, *rows = (f"| {' | '.join(row)} |" for row in self.rows)
        rule = "|---" * len(self.rows[0]) + "|"
        notes = "\n".join(f"- {letter}: {note}" for letter, note in self._notes())
        return "\n".join([head, rule, *rows, "", MEANING, "", notes]).rstrip()

    def _notes(self) -> list[list[str]]:
        return [[_letter(i), note] for i, note in enumerate(self.notes)]

    def _mark(self, group: Sequence[Cell]) -> str:
        """What a cell of the table shows."""
        if not group:
            return ""
        count = {status: sum(cell.status == status for cell in group) for status in ("works", "untested", "broken")}
        share = f"{count['works']}/{len(group)}" if 0 < count["works"] < len(group) else ""
        mark = share or ("+" if count["works"] else "?" if count["untested"] == len(group) else "")
        said = dict.fromkeys(cell.reasons for cell in group if cell.reasons)
        letters = [self._note("; ".join(why), [c for c in group if c.reasons == why], group) for why in said]
        return f"{mark}{'!' if count['broken'] else ''}{','.join(letters)}"

    def _note(self, why: str, cells: Sequence[Cell], group: Sequence[Cell]) -> str:
        """The letter of a footnote, which names the losses where it is not about all."""
        text = why if len(cells) == len(group) else f"with {listed((c.loss for c in cells), 'and')}: {why}"
        if text not in self.notes:
            self.notes.append(text)
        return _letter(self.notes.index(text))


def exceptions(cells: Sequence[Cell]) -> str:
    """Pairs that do not work, or that warn, by reason."""
    said: dict[tuple[str, str], list[str]] = {}
    for cell in cells:
        if cell.reasons:
            said.setdefault((cell.status, "; ".join(cell.reasons)), []).append("+".join(cell.regularizers))
    return table([row for why, pairs in said.items() for row in (why, ("", ", ".join(pairs)))], indent="")


def _axes(cells: Sequence[Cell]) -> Callable[[Cell], tuple[str, str]]:
    """Row and column of a cell."""
    if any(len(cell.regularizers) > 1 for cell in cells):
        return lambda cell: (cell.regularizers[1], cell.regularizers[0])
    several = len({cell.architecture for cell in cells}) > 1
    return lambda cell: ("".join(cell.regularizers) or NONE, cell.architecture if several else cell.loss)


def _letter(i: int) -> str:
    """a to z, then aa, ab ..."""
    return (_letter(i // 26 - 1) if i >= 26 else "") + ascii_lowercase[i % 26]
