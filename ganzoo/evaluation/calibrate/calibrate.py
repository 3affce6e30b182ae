"""What a score means on a data set: measured with real data, as they are and made worse step by step."""

from __future__ import annotations

import datetime
import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from ganzoo.evaluation.calibrate.ladders import Ladder, Material, ladders
from ganzoo.evaluation.evaluate import finder, metric, scores
from ganzoo.interfaces.datasets import Dataset
from ganzoo.support.errors import DataError, Incompatible
from ganzoo.support.seeds import seed_of
from ganzoo.support.version import __version__
from ganzoo.zoo.metrics.base import Evaluation, Metric

USUAL = (
    *("fid:draws=1", "fid:extractor=randconv,draws=1", "fid:extractor=pixels,draws=1", "kid", "prdc", "is"),
    *("swd:patches=16", "vendi", "ndb", "memorization", "modes", "hq", "distribution"),
)
"""What is calibrated where nothing is named: whatever of it applies to the data."""
SIZES = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
LARGEST, LEAST = 2_500, 100
"""Samples that a ladder is climbed with, at most and at least."""
CERTAIN = 3.0
"""Standard errors that a difference must have: a page has hundreds."""
Series = dict[str, dict[str, float]]
"""Number -> its mean and deviation over repetitions."""


def calibrate(
    data: Dataset,
    names: Sequence[str] = (),
    sizes: Iterable[int] = SIZES,
    repeats: int = 5,
    watch: Callable[[str], None] = lambda step: None,
) -> dict[str, Any]:
    """`ganzoo.calibration/1`: floors at each n, and every number that ranks along every ladder, fit for JSON.

    `floors` have what held-out data score, `ladders` what they score after each step; `not_monotone` lists numbers that
    a further step makes better, `blind` those that the last step makes no worse, both by three standard errors. Raises
    `DataError` where there is too little held-out data.
    """
    n = min(len(data.test.x) // 2, LARGEST)
    if n < LEAST:
        raise DataError(f"{data.name} holds out {len(data.test.x)} samples; calibrating takes {2 * LEAST} or more")
    metrics = [metric(name) for name in names] or _applicable(data, n)
    better = {name: way for m in metrics for name, way in m.better.items()}

    def measured(what: str, draw: Callable[[Material], Tensor]) -> Series:
        watch(what)
        made = (Material(data, torch.Generator().manual_seed(seed_of("calibrate", r))) for r in range(repeats))
        return _series([_scores(data, draw(material), metrics) for material in made])

    found: dict[str, Any] = {
        "schema": "ganzoo.calibration/1",
        "created": datetime.date.today().isoformat(),
        "versions": {"ganzoo": __version__, "torch": str(torch.__version__)},
        "data": {"name": data.name, "revision": data.revision, "train": len(data.train.x), "test": len(data.test.x)},
        "n": n,
        "repeats": repeats,
        "better": better,
        "floors": {str(size): measured(*_floor(size)) for size in sizes if size <= len(data.test.x)},
        "ladders": {
            ladder.name: {
                "unit": ladder.unit,
                "steps": [{"level": level, "values": measured(*_step(ladder, level, n))} for level in ladder.levels],
            }
            for ladder in ladders(data)
        },
    }
    return found | judged(found["ladders"], better, repeats)


def _floor(size: int) -> tuple[str, Callable[[Material], Tensor]]:
    return f"n = {size}", lambda material: material.held_out(size)


def _step(ladder: Ladder, level: float, n: int) -> tuple[str, Callable[[Material], Tensor]]:
    return f"{ladder.name} {level:g}", lambda material: ladder.spoil(material, level, n)


def _applicable(data: Dataset, n: int) -> list[Metric]:
    found = []
    for made in map(metric, USUAL):
        try:
            scores(Evaluation(data, data.test.x[:n], find=finder()), [made])
        except Incompatible:
            continue
        found.append(made)
    return found


def _scores(data: Dataset, x: Tensor, metrics: Sequence[Metric]) -> dict[str, float]:
    """Numbers that rank, by name and what they are seen through: "fid (randconv-v1@9b39a81c)"."""
    better = {name for m in metrics for name in m.better}
    values = scores(Evaluation(data, x, find=finder()), metrics)
    named = {label(key): value for key, value in values.items() if key.partition("[")[0] in better}
    return {name: value for name, value in named.items() if value is not None}


def label(key: str) -> str:
    """A key without its n: the name, and the extractor if there is one."""
    name, _, protocol = key.partition("[")
    first = protocol.partition(",")[0].rstrip("]")
    return name if "=" in first else f"{name} ({first})"


def _series(rows: Sequence[dict[str, float]]) -> Series:
    found = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        values = torch.tensor([row[name] for row in rows if name in row], dtype=torch.float64)
        deviation = values.std().item() if len(values) > 1 else 0.0
        found[name] = {"mean": values.mean().item(), "sd": deviation}
    return found


def judged(found: dict[str, Any], better: dict[str, str], repeats: int) -> dict[str, list[dict[str, Any]]]:
    """Which numbers do not worsen where they should."""
    odd: dict[str, list[dict[str, Any]]] = {"not_monotone": [], "blind": []}
    for ladder, climbed in found.items():
        for name in climbed["steps"][0]["values"]:
            steps = [step for step in climbed["steps"] if name in step["values"]]
            sign = 1 if better[name.partition(" ")[0]] == "lower" else -1
            worse = _worse([step["values"][name] for step in steps], sign, repeats)
            where = {"number": name, "ladder": ladder}
            least, step = min((worse(i, i + 1), steps[i + 1]["level"]) for i in range(len(steps) - 1))
            odd["not_monotone"] += [{**where, "level": step}] if least < -CERTAIN else []
            odd["blind"] += [where] if worse(0, -1) <= CERTAIN else []
    return odd


def _worse(values: Sequence[dict[str, float]], sign: int, repeats: int) -> Callable[[int, int], float]:
    """By how many standard errors a step is worse than another.

    The deviation of a few repetitions may be small by luck: it counts as no less than the steps' median.
    """
    usual = statistics.median(value["sd"] for value in values)

    def compared(i: int, j: int) -> float:
        a, b = values[i], values[j]
        error = math.hypot(max(a["sd"], usual), max(b["sd"], usual)) / repeats**0.5
        gap = sign * (b["mean"] - a["mean"])
        return gap / error if error else math.copysign(math.inf, gap) if gap else 0.0

    return compared
