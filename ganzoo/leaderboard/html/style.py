"""Colours, shapes and short names: the same in all figures of a table."""

from __future__ import annotations

from collections import Counter

from ganzoo.leaderboard.html.plots import SHAPES, marker
from ganzoo.leaderboard.rows import Row
from ganzoo.leaderboard.tables import Table

COLOURS = 8
"""Beside the grey of the rest."""


class Style:
    """Colour by loss, shape by architecture: the same in all figures of a table."""

    def __init__(self, table: Table) -> None:
        self.losses = _common([_part(row, "loss") for row in table.rows])
        self.architectures = _common([_part(row, "architecture") for row in table.rows])

    def colour(self, row: Row) -> int:
        """0 to 7; 8 for rare losses."""
        return min(self.losses.index(_part(row, "loss")), COLOURS)

    def shape(self, row: Row) -> int:
        """An index of `SHAPES`."""
        return min(self.architectures.index(_part(row, "architecture")), len(SHAPES) - 1)

    def short(self, row: Row) -> str:
        """Loss and regularizers; the architecture if it is not the usual one."""
        names = "+".join(part.name for part in row.record.components if part.kind in ("loss", "regularizer"))
        architecture = _part(row, "architecture")
        return names if architecture == self.architectures[0] else f"{architecture} {names}"

    def legend(self) -> list[tuple[str, str]]:
        """A small drawing, and what it stands for."""
        rest = [("other losses", COLOURS, 0)] if len(self.losses) > COLOURS else []
        kept = [(loss, i, 0) for i, loss in enumerate(self.losses[:COLOURS])] + rest
        shapes = [(name, 9, i) for i, name in enumerate(self.architectures[: len(SHAPES)])]
        drawn = kept + (shapes if len(shapes) > 1 else [])
        return [
            (f'<svg class="key c{c}" viewBox="0 0 12 12" aria-hidden="true">{marker(s, 6, 6)}</svg>', name)
            for name, c, s in drawn
        ]


def _common(names: list[str]) -> list[str]:
    return [name for name, _ in sorted(Counter(names).items(), key=lambda item: (-item[1], item[0]))]


def _part(row: Row, kind: str) -> str:
    return next((part.name for part in row.record.components if part.kind == kind), "?")
