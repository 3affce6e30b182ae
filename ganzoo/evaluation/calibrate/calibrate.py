"""Measures what scores mean on a data set: of real data, intact and degraded step by step."""

from __future__ import annotations

import datetime
import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ganzoo.evaluation.calibrate.ladders import Ladder, RealSamples, ladders
from ganzoo.evaluation.evaluate import apply_metrics, better_of, finder, metric
from ganzoo.interfaces.datasets import Dataset
from ganzoo.interfaces.scores import Score
from ganzoo.support.errors import DataError, Incompatible
from ganzoo.support.seeds import seed_of
from ganzoo.support.version import __version__
from ganzoo.zoo.metrics.base import Evaluation, Metric

USUAL = (
    *("fid:draws=1", "fid:extractor=randconv,draws=1", "fid:extractor=pixels,draws=1", "kid", "prdc", "is"),
    *("swd:patches=16", "vendi", "ndb", "memorization", "modes", "hq", "distribution"),
)
"""What is calibrated by default: whatever of it applies to the data."""
SIZES = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
LARGEST, LEAST = 2_500, 100
"""Samples that a ladder takes, at most and at least."""
CERTAIN = 3.0
"""Standard errors that a difference must have: a report has hundreds of differences."""
MeanAndDeviation = dict[str, dict[str, float]]
"""Number -> its mean and deviation over repetitions."""


def calibrate(
    data: Dataset,
    names: Sequence[str] = (),
    sizes: Iterable[int] = SIZES,
    repeats: int = 5,
    progress: Callable[[str], None] = lambda step: None,
) -> dict[str, Any]:
    """`ganzoo.calibration/1`: floors at each n, and every number that ranks along every ladder, fit for JSON.

    `floors` are the scores of held-out data, `ladders` their scores after each step; `not_monotone` lists numbers that
    a further step improves, `blind` those that the last step does not worsen, both by three standard errors. `progress`
    is called with the name of each step. Raises `DataError` where too little data is held out.
    """
    n = min(len(data.test.x) // 2, LARGEST)
    if n < LEAST:
        raise DataError(f"{data.name} holds out {len(data.test.x)} samples; calibrating takes {2 * LEAST} or more")
    metrics = [metric(name) for name in names] or _applicable(data, n)
    better = better_of(metrics)

    def repeated(step: str, draw: Callable[[RealSamples], Tensor]) -> MeanAndDeviation:
        progress(step)
        generators = (torch.Generator().manual_seed(seed_of("calibrate", r)) for r in range(repeats))
        return _series([_scores(data, draw(RealSamples(data, generator)), metrics) for generator in generators])

    def floor(size: int) -> MeanAndDeviation:
        return repeated(f"n = {size}", lambda real: real.held_out(size))

    def step(ladder: Ladder, level: float) -> dict[str, Any]:
        values = repeated(f"{ladder.name} {level:g}", lambda real: ladder.degrade(real, level, n))
        return {"level": level, "values": values}

    calibration: dict[str, Any] = {
        "schema": "ganzoo.calibration/1",
        "created": datetime.date.today().isoformat(),
        "versions": {"ganzoo": __version__, "torch": str(torch.__version__)},
        "data": {"name": data.name, "revision": data.revision, "train": len(data.train.x), "test": len(data.test.x)},
        "n": n,
        "repeats": repeats,
        "better": better,
        "floors": {str(size): floor(size) for size in sizes if size <= len(data.test.x)},
        "ladders": {
            ladder.name: {"unit": ladder.unit, "steps": [step(ladder, level) for level in ladder.levels]}
            for ladder in ladders(data)
        },
    }
    return calibration | insensitive(calibration["ladders"], better, repeats)


def _applicable(data: Dataset, n: int) -> list[Metric]:
    applicable = []
    for candidate in map(metric, USUAL):
        try:
            _scores(data, data.test.x[:n], [candidate])
        except Incompatible:
            continue
        applicable.append(candidate)
    return applicable


def _scores(data: Dataset, x: Tensor, metrics: Sequence[Metric]) -> dict[str, float]:
    """Numbers that rank, by name and extractor: "fid (randconv-v1@9b39a81c)"."""
    better = better_of(metrics)
    scores = apply_metrics(Evaluation(data, x, find_extractor=finder()), metrics)
    return {label(score): score.value for score in scores if score.name in better and score.value is not None}


def label(score: Score) -> str:
    """The name, and the extractor if there is one: the protocol without n."""
    first = score.protocol.partition(",")[0]
    return score.name if "=" in first else f"{score.name} ({first})"


def _series(rows: Sequence[dict[str, float]]) -> MeanAndDeviation:
    series = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        values = torch.tensor([row[name] for row in rows if name in row], dtype=torch.float64)
        deviation = values.std().item() if len(values) > 1 else 0.0
        series[name] = {"mean": values.mean().item(), "sd": deviation}
    return series


def insensitive(ladders: dict[str, Any], better: Mapping[str, str], repeats: int) -> dict[str, list[dict[str, Any]]]:
    """Which numbers do not worsen where they should."""
    lists: dict[str, list[dict[str, Any]]] = {"not_monotone": [], "blind": []}
    for ladder, climbed in ladders.items():
        for name in climbed["steps"][0]["values"]:
            steps = [step for step in climbed["steps"] if name in step["values"]]
            sign = 1 if better[name.partition(" ")[0]] == "lower" else -1
            worse = _worse([step["values"][name] for step in steps], sign, repeats)
            where = {"number": name, "ladder": ladder}
            least, step = min((worse(i, i + 1), steps[i + 1]["level"]) for i in range(len(steps) - 1))
            lists["not_monotone"] += [{**where, "level": step}] if least < -CERTAIN else []
            lists["blind"] += [where] if worse(0, -1) <= CERTAIN else []
    return lists


def _worse(values: Sequence[dict[str, float]], sign: int, repeats: int) -> Callable[[int, int], float]:
    """By how many standard errors step j is worse than step i.

    The deviation of a few repetitions may be small by chance: it counts as no less than the steps' median.
    """
    usual = statistics.median(value["sd"] for value in values)

    def standard_errors(i: int, j: int) -> float:
        a, b = values[i], values[j]
        error = math.hypot(max(a["sd"], usual), max(b["sd"], usual)) / repeats**0.5
        gap = sign * (b["mean"] - a["mean"])
        return gap / error if error else math.copysign(math.inf, gap) if gap else 0.0

    return standard_errors
