"""The columns of a table for people: on a terminal, in Markdown and on a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Literal

from ganzoo.leaderboard.match import ComparedPoint
from ganzoo.leaderboard.numbers import format_count, format_number, format_percent, format_range
from ganzoo.leaderboard.rows import COVERAGE, BoardRow
from ganzoo.leaderboard.stats import Summary
from ganzoo.leaderboard.tables import BoardTable

TITLES = {"fid": "FID", "kl": "KL", "kid": "KID", "modes@1": "modes", "hq@3sigma": "high quality"}
HINTS = {
    "modes@1": "modes with at least one sample",
    "modes@5": "modes with at least five samples",
    "kl": "divergence of the modes' shares from those of the data, in nats",
    "hq@3sigma": "samples within 3 sigma of a mode; real data has 98.9 %",
}
MEANS = {"lower": "geometric mean over seeds and its t interval", "higher": "mean over seeds and its t interval"}
RANK = "1 + the number of combinations that are significantly better"
RANGE = "median and range over seeds"
BEST = "median over seeds of the best value along each run: optimistic, because the metric itself chooses when to stop"
CHANCE = "how often it has the best mean when seeds are drawn with replacement"
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
        _median("metric", table.metric, f"{table.key}: {RANGE}", lambda row: row.summary),
        Column(
            "mean", "mean, 95 %", _mean, format_number, MEANS[table.better], "widest",
            lambda row: format_range(row.summary.mean_low, row.summary.mean_high) if row.summary else "",
        ),
        Column("best", "best", lambda row: row.best(table.key), format_number, BEST, "widest"),
        Column("chance", "P(best)", lambda row: row.chance, format_percent, CHANCE),
        *(_coverage(name) for name in metrics),
        Column("runs", "runs", lambda row: row.n, str, "runs that ended, a seed each", detail=_lost_runs),
        _spent("images", "images", lambda point: point.images, "real images shown to D"),
        _spent("steps", "G moves", lambda point: point.g_moves, "optimizer steps of G"),
        _spent("speed", "images/s", lambda point: point.speed, "real images per second, with evaluations"),
        _spent("core", "core-s", lambda point: point.core_s, "CPU time in core-seconds", format_number, "wide"),
        Column("size", "parameters", lambda row: row.parameters, format_count, "of G and D", "widest"),
    ]  # fmt: skip
    if any(row.level != "reported" for row in table.rows):
        shown.append(Column("level", "verified", lambda row: row.level, str, VERIFIED, "wide"))
    return shown


def _mean(row: BoardRow) -> float | None:
    return row.summary.mean if row.summary else None


def _coverage(name: str) -> Column:
    width: Literal["always", "wide"] = "always" if name == "modes@1" else "wide"
    return _median(name, name, f"{HINTS[name]}; {RANGE}", lambda row: row.coverage.get(name), width)


def _median(
    name: str,
    metric: str,
    hint: str,
    summary_of: Callable[[BoardRow], Summary | None],
    width: Literal["always", "wide"] = "always",
) -> Column:
    """With the range as second line; shares as percentages."""
    write = format_percent if metric.startswith("hq") else format_number

    def median(row: BoardRow) -> float | None:
        summary = summary_of(row)
        return summary.median if summary else None

    def between(row: BoardRow) -> str:
        summary = summary_of(row)
        return format_range(summary.low, summary.high, write) if summary else ""

    return Column(name, metric_title(metric), median, write, hint, width, between)


def _spent(
    name: str,
    title: str,
    quantity: Callable[[ComparedPoint], float],
    hint: str,
    write: Callable[[Any], str] = format_count,
    width: Literal["wide", "widest"] = "widest",
) -> Column:
    return Column(name, title, partial(BoardRow.median_spent, quantity=quantity), write, hint, width)


def _lost_runs(row: BoardRow) -> str:
    counts = {"failed": row.count("failed"), "collapsed": row.count("collapsed"), "not counted": row.count("absent")}
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)
