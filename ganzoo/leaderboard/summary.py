"""A metric over seeds, in one line."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ganzoo.leaderboard.agreement import TINY
from ganzoo.leaderboard.stats import t_interval

Better = Literal["lower", "higher"]


@dataclass(frozen=True)
class Summary:
    """A metric over seeds."""

    n: int
    """Seeds with a value."""
    median: float
    """Infinity where the middle run failed."""
    low: float
    high: float
    mean: float | None = None
    """Of two seeds or more; geometric for what is better lower."""
    mean_low: float | None = None
    mean_high: float | None = None
    """The mean's interval, of Student's t, with 95 %."""


def loss(x: float, better: Better) -> float:
    """What is tested: the logarithm of what is better lower, minus what is better higher."""
    return math.log(max(x, TINY)) if better == "lower" else -x


def gain(loss: float, better: Better) -> float:
    """The inverse of `loss`."""
    return math.exp(loss) if better == "lower" else -loss


def summarise(known: Sequence[float], lost: int, better: Better) -> Summary | None:
    """`lost` runs without a value count as the worst in median and range, and are not in the mean."""
    if not known and not lost:
        return None
    worst = math.inf if better == "lower" else -math.inf
    values = sorted([*known, *[worst] * lost])
    summary = (len(known), statistics.median(values), values[0], values[-1])
    if len(known) < 2:
        return Summary(*summary)
    losses = [loss(x, better) for x in known]
    ends = sorted(gain(end, better) for end in t_interval(losses))
    return Summary(*summary, gain(statistics.fmean(losses), better), *ends)
