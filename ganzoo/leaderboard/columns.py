"""The columns of a table, for people: on a terminal, in Markdown and on a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Literal

from ganzoo.leaderboard.match import Mark
from ganzoo.leaderboard.numbers import counted, percent, short, span
from ganzoo.leaderboard.rows import COVERAGE, Row
from ganzoo.leaderboard.summary import Summary
from ganzoo.leaderboard.tables import Table

Shown = Literal["always", "wide", "widest"]
TITLES = {"fid": "FID", "kl": "KL", "kid": "KID", "modes@1": "modes", "hq@3sigma": "high quality"}
HINTS = {
    "modes@1": "modes with a sample",
    "modes@5": "modes with five samples",
    "kl": "nats to the data's own shares",
    "hq@3sigma": "samples within 3 sigma of a mode; real data has 98.9 %",
}
MEANS = {"lower": "geometric mean over seeds and its t interval", "higher": "mean over seeds and its t interval"}
RANK = "1 + the number significantly better"
RANGE = "median over seeds, and range"
BEST = "median over seeds of the best along each run: an upper bound, and no score"
CHANCE = "how often it has the best mean when the seeds are drawn anew"
VERIFIED = "reported by who ran it, recomputed from the stored generator, or rerun"


def _nothing(row: Row) -> str:
    return ""


@dataclass(frozen=True)
class Column:
    """What it is called, what stands in it, and what it is sorted by."""

    name: str
    title: str
    text: Callable[[Row], str]
    order: Callable[[Row], float | str | None]
    hint: str = ""
    more: Callable[[Row], str] = _nothing
    """A second line: the range of a median."""
    shown: Shown = "always"
    """How much room there must be."""

    def cell(self, row: Row) -> str:
        """Both lines in one."""
        more = self.more(row)
        return f"{self.text(row)} ({more})" if more else self.text(row)


def title(metric: str) -> str:
    """A metric's name, as people write it."""
    return TITLES.get(metric, metric)


@lru_cache(maxsize=64)
def columns(table: Table) -> Sequence[Column]:
    """Those that the rows of a ranked table have something for."""
    others = [name for name in COVERAGE if name != table.metric and any(name in row.others for row in table.rows)]
    found = [
        Column("rank", "#", lambda row: str(row.rank or "-"), lambda row: row.rank, RANK),
        Column("label", "combination", lambda row: row.label, lambda row: row.label),
        _median("metric", table.metric, f"{table.key}: {RANGE}", lambda row: row.summary, "always"),
        _mean(MEANS[table.better]),
        _number("best", "best", lambda row: row.best(table.key), short, "widest", BEST),
        _number("chance", "P(best)", lambda row: row.chance, percent, "always", CHANCE),
        *(_other(name) for name in others),
        *_costs(),
    ]
    if any(row.level != "reported" for row in table.rows):
        found.append(Column("level", "verified", lambda row: row.level, lambda row: row.level, VERIFIED, shown="wide"))
    return found


def _number(
    name: str,
    title: str,
    find: Callable[[Row], float | None],
    write: Callable[[float | None], str],
    shown: Shown,
    hint: str,
    more: Callable[[Row], str] = _nothing,
) -> Column:
    return Column(name, title, lambda row: write(find(row)), find, hint, more, shown)


def _median(
    name: str,
    metric: str,
    hint: str,
    find: Callable[[Row], Summary | None],
    shown: Shown,
) -> Column:
    """With the range below it; shares as percentages."""
    share = metric.startswith("hq")
    write, between = (percent, partial(span, write=percent)) if share else (short, span)

    def middle(row: Row) -> float | None:
        found = find(row)
        return found.median if found else None

    def ends(row: Row) -> str:
        found = find(row)
        return between(found.low, found.high) if found else ""

    return _number(name, title(metric), middle, write, shown, hint, ends)


def _mean(hint: str) -> Column:
    def ends(row: Row) -> str:
        return span(row.summary.mean_low, row.summary.mean_high) if row.summary else ""

    return _number(
        "mean", "mean, 95 %", lambda row: row.summary.mean if row.summary else None, short, "widest", hint, ends
    )


def _other(name: str) -> Column:
    hint = f"{HINTS[name]}; {RANGE}"
    return _median(name, name, hint, lambda row: row.others.get(name), "always" if name == "modes@1" else "wide")


def _costs() -> list[Column]:
    def spent(quantity: Callable[[Mark], float]) -> Callable[[Row], float | None]:
        return lambda row: row.middle(quantity)

    wide: Shown = "widest"
    return [
        Column("runs", "runs", lambda row: str(row.n), lambda row: row.n, "seeds that ended", _lost),
        _number("images", "images", spent(lambda mark: mark.images), counted, wide, "real images shown to D"),
        _number("steps", "G moves", spent(lambda mark: mark.g_moves), counted, wide, "optimizer steps of G"),
        _number("speed", "images/s", spent(lambda mark: mark.speed), counted, wide, "real images in a second"),
        _number("core", "core-s", spent(lambda mark: mark.core_s), short, "wide", "seconds of processor cores"),
        _number("size", "parameters", lambda row: row.parameters, counted, wide, "of G and D"),
    ]


def _lost(row: Row) -> str:
    counts = {"failed": row.count("failed"), "collapsed": row.count("collapsed"), "open": row.count("absent")}
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)
