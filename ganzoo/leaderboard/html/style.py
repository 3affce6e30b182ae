"""Colours, shapes and short names of combinations, the same in all figures of a table."""

from __future__ import annotations

from collections import Counter

from ganzoo.leaderboard.html.svg_scatter import SHAPES, marker_svg
from ganzoo.leaderboard.rows import BoardRow
from ganzoo.leaderboard.tables import BoardTable

LOSS_COLOURS = 8
"""Colours of the most common losses; all other losses share a grey."""


class FigureStyle:
    """Colour by loss, shape by architecture."""

    def __init__(self, table: BoardTable) -> None:
        self.losses = _most_common_first([_part_name(row, "loss") for row in table.rows])
        self.architectures = _most_common_first([_part_name(row, "architecture") for row in table.rows])

    def colour(self, row: BoardRow) -> int:
        """0 to 7; 8 for all other losses."""
        return min(self.losses.index(_part_name(row, "loss")), LOSS_COLOURS)

    def shape(self, row: BoardRow) -> int:
        """An index of `SHAPES`."""
        return min(self.architectures.index(_part_name(row, "architecture")), len(SHAPES) - 1)

    def short(self, row: BoardRow) -> str:
        """Loss and regularizers, and the architecture unless it is the most common one."""
        names = "+".join(part.name for part in row.record.components if part.kind in ("loss", "regularizer"))
        architecture = _part_name(row, "architecture")
        return names if architecture == self.architectures[0] else f"{architecture} {names}"

    def legend(self) -> list[tuple[str, str]]:
        """Small drawings and what they stand for."""
        losses = [(loss, i, 0) for i, loss in enumerate(self.losses[:LOSS_COLOURS])]
        if len(self.losses) > LOSS_COLOURS:
            losses.append(("other losses", LOSS_COLOURS, 0))
        shapes = [(name, 9, i) for i, name in enumerate(self.architectures[: len(SHAPES)])]
        return [
            (f'<svg class="key c{c}" viewBox="0 0 12 12" aria-hidden="true">{marker_svg(s, 6, 6)}</svg>', name)
            for name, c, s in losses + (shapes if len(shapes) > 1 else [])
        ]


def _most_common_first(names: list[str]) -> list[str]:
    return [name for name, _ in sorted(Counter(names).items(), key=lambda item: (-item[1], item[0]))]


def _part_name(row: BoardRow, kind: str) -> str:
    return next((part.name for part in row.record.components if part.kind == kind), "?")
