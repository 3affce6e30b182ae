"""What may be compared, in one table."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ganzoo.leaderboard.rows import Row
from ganzoo.leaderboard.summary import Better


@dataclass(eq=False)
class Table:
    """Rows of one data set by one metric of one protocol. Other protocols have tables of their own."""

    data: str
    """As the spec says it: "digits", "ring8:n=16"."""
    revision: str
    key: str
    """The metric, with its protocol."""
    better: Better
    rows: list[Row]
    notes: list[str] = field(default_factory=list)
    """What a reader must know of this table."""
    least: float = math.nan
    """The difference that is just significant among the sound rows: a ratio for what is better lower."""

    @property
    def metric(self) -> str:
        """Without the protocol."""
        return self.key.partition("[")[0]

    @property
    def protocol(self) -> str:
        """Without the metric."""
        return self.key.partition("[")[2].rstrip("]")
