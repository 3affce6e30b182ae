"""Combinations of parts as a table with footnotes."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase
from typing import TYPE_CHECKING

from ganzoo.cli.text import table
from ganzoo.support.messages import listed

if TYPE_CHECKING:
    from ganzoo.testing.matrix import MatrixCell

LEGEND = "+ works, ? untested, ! broken; 5/7: works with 5 of 7 losses; letters: the reasons, below"


class Crosstab:
    """Regularizers in rows. Columns are losses; or architectures, where there are several; or the other of a pair.

    A cell of the table shows one combination, or those with all losses together.
    """

    def __init__(self, cells: Sequence[MatrixCell]) -> None:
        self.notes: list[str] = []
        pairs = any(len(cell.regularizers) > 1 for cell in cells)
        several = len({cell.architecture for cell in cells}) > 1
        groups: dict[tuple[str, str], list[MatrixCell]] = {}
        for cell in cells:
            if pairs:
                column, row = cell.regularizers
            else:
                column, row = cell.architecture if several else cell.loss, "".join(cell.regularizers) or "(none)"
            groups.setdefault((row, column), []).append(cell)
        rows, columns = (list(dict.fromkeys(names)) for names in zip(*groups, strict=True))
        self.rows = [["", *columns]]
        for row in rows:
            self.rows.append([row, *(self._summary(groups.get((row, column), [])) for column in columns)])

    def text(self) -> str:
        """Aligned, for a terminal."""
        return f"{table(self.rows, indent='')}\n\n{LEGEND}\n\n{table(self._footnotes())}".rstrip()

    def markdown(self) -> str:
        """For a web page."""
        head, *rows = (f"| {' | '.join(row)} |" for row in self.rows)
        rule = "|---" * len(self.rows[0]) + "|"
        notes = "\n".join(f"- {letter}: {note}" for letter, note in self._footnotes())
        return "\n".join([head, rule, *rows, "", LEGEND, "", notes]).rstrip()

    def _footnotes(self) -> list[list[str]]:
        return [[_letter(i), note] for i, note in enumerate(self.notes)]

    def _summary(self, group: Sequence[MatrixCell]) -> str:
        """What the table shows of combinations that differ in the loss only."""
        if not group:
            return ""
        count = {status: sum(cell.status == status for cell in group) for status in ("works", "untested", "broken")}
        share = f"{count['works']}/{len(group)}" if 0 < count["works"] < len(group) else ""
        mark = share or ("+" if count["works"] else "?" if count["untested"] == len(group) else "")
        letters = [
            self._letter_of(reasons, group) for reasons in dict.fromkeys(cell.reasons for cell in group) if reasons
        ]
        return f"{mark}{'!' if count['broken'] else ''}{','.join(letters)}"

    def _letter_of(self, reasons: tuple[str, ...], group: Sequence[MatrixCell]) -> str:
        """The letter of a footnote, which names the losses where not all have these reasons."""
        losses, note = [cell.loss for cell in group if cell.reasons == reasons], "; ".join(reasons)
        if len(losses) < len(group):
            note = f"with {listed(losses, 'and')}: {note}"
        if note not in self.notes:
            self.notes.append(note)
        return _letter(self.notes.index(note))


def pairs_by_reason(cells: Sequence[MatrixCell]) -> str:
    """Pairs of regularizers that do not work, or that warn, grouped by reason."""
    groups: dict[tuple[str, str], list[str]] = {}
    for cell in cells:
        if cell.reasons:
            groups.setdefault((cell.status, "; ".join(cell.reasons)), []).append("+".join(cell.regularizers))
    return table([row for key, pairs in groups.items() for row in (key, ("", ", ".join(pairs)))], indent="")


def _letter(i: int) -> str:
    """a to z, then aa, ab ..."""
    return (_letter(i // 26 - 1) if i >= 26 else "") + ascii_lowercase[i % 26]
