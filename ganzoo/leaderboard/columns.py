"""The columns of a table for people: on a terminal, in Markdown and on a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from ganzoo.leaderboard.numbers import format_count, format_number, format_percent, format_range
from ganzoo.leaderboard.rows import COVERAGE, BoardRow
from ganzoo.leaderboard.stats import Summary
from ganzoo.leaderboard.tables import BoardTable

TITLES = {"fid": "FID", "kl": "KL", "kid": "KID", "modes@1": "modes", "hq@3sigma": "high quality"}
HINTS = {
    "modes@1": "modes with at least one sample",
    "modes@5": "modes with at least five samples",
    "kl": "divergence of the modes' shares, in nats, from those of the train split, or for mixtures and stacked data "
    "from equal shares",
    "hq@3sigma": "samples within 3 sigma of a mode; real data has 98.9 %",
}
RANK = "1 + the number of combinations that are significantly better; - without any sound seed"
RANGE = "median and range over seeds"
BEST = "median over seeds of the best value along each run: optimistic, because the metric itself chooses when to stop"
CHANCE = "how often it has the best mean when seeds are drawn with replacement; a lost seed among them loses"
SPEED = "real images per second, with evaluations"
VERIFIED = "reported by whoever ran it, recomputed from the stored generator, or rerun"


@dataclass(frozen=True)
class Column:
    """A title, the value of each row by which the column is sorted, and how it is written."""

    name: str
    title: str
    value: Callable[[BoardRow], float | str | None]
    write: Callable[[Any], str]
    hint: str = ""
    width: Literal["always", "wide", "widest"] = "always"
    """How wide a page must be to show it."""
    detail: Callable[[BoardRow], str] = lambda row: ""
    """A second line, such as the range of a median."""

    def text(self, row: BoardRow) -> str:
        """The first line."""
        return self.write(self.value(row))

    def full_text(self, row: BoardRow) -> str:
        """Both lines as one."""
        detail = self.detail(row)
        return f"{self.text(row)} ({detail})" if detail else self.text(row)


def metric_title(name: str) -> str:
    """A metric's name as people write it."""
    return TITLES.get(name, name)


@lru_cache(maxsize=64)
def columns(table: BoardTable) -> Sequence[Column]:
    """The columns that at least one row has a value for."""
    metrics = [name for name in COVERAGE if name != table.metric and any(name in row.coverage for row in table.rows)]
    shown = [
        Column("rank", "#", lambda row: row.rank, lambda rank: str(rank or "-"), RANK),
        Column("label", "combination", lambda row: row.label, str),
        _median("metric", table.metric, _hint(table.metric, f"{table.key}: {RANGE}"), lambda row: row.summary),
        Column(
            "mean", "mean, 95 %", lambda row: row.summary.mean if row.summary else None, format_number,
            f"{'geometric mean' if table.scale.log else 'mean'} over seeds and its t interval", "widest",
            lambda row: format_range(row.summary.mean_low, row.summary.mean_high) if row.summary else "",
        ),
        Column("best", "best", lambda row: row.best(table.key), format_number, BEST, "widest"),
        Column("chance", "P(best)", lambda row: row.chance, format_percent, CHANCE),
        *(_coverage(name) for name in metrics),
        Column("runs", "runs", lambda row: row.n, str, "runs that ended by themselves, a seed each", detail=_lost_runs),
        Column("images", "images", lambda row: row.spent("images"), format_count, "real images shown to D", "widest"),
        Column("steps", "G moves", lambda row: row.spent("g_moves"), format_count, "optimizer steps of G", "widest"),
        Column("speed", "images/s", lambda row: row.spent("speed"), format_count, SPEED, "widest"),
        Column("core", "core-s", lambda row: row.spent("core_s"), format_number, "CPU time in core-seconds", "wide"),
        Column("size", "parameters", lambda row: row.parameters, format_count, "of G and D", "widest"),
    ]  # fmt: skip
    if any(row.level != "reported" for row in table.rows):
        shown.append(Column("level", "verified", lambda row: row.level, str, VERIFIED, "wide"))
    return shown


def _coverage(name: str) -> Column:
    width: Literal["always", "wide"] = "always" if name == "modes@1" else "wide"
    return _median(name, name, _hint(name, RANGE), lambda row: row.coverage.get(name), width)


def _hint(metric: str, rest: str) -> str:
    return f"{HINTS[metric]}; {rest}" if metric in HINTS else rest


def _median(
    name: str,
    metric: str,
    hint: str,
    summary_of: Callable[[BoardRow], Summary | None],
    width: Literal["always", "wide"] = "always",
) -> Column:
    """With the range as second line; shares as percentages."""
    write = format_percent if metric.startswith("hq") else format_number

    return Column(
        name,
        metric_title(metric),
        lambda row: summary.median if (summary := summary_of(row)) else None,
        write,
        hint,
        width,
        lambda row: format_range(summary.low, summary.high, write) if (summary := summary_of(row)) else "",
    )


def _lost_runs(row: BoardRow) -> str:
    counts = {state: row.count(state) for state in ("diverged", "collapsed")}
    counts["failed, not counted"], counts["not counted"] = row.count("failed"), row.count("absent")
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)
