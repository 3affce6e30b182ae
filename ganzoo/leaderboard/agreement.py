"""When two records of one cell say the same."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ganzoo.interfaces.scores import Metrics
from ganzoo.leaderboard.stats import prediction_interval
from ganzoo.runs.records import Env, Result

SAME = 1e-6
"""Relative difference that numbers of the same bits may have after they were written and read."""
TINY = 1e-9
"""What a logarithm is taken of instead of zero."""


def differences(a: Metrics, b: Metrics) -> dict[str, float | None]:
    """Of each key that both have, |a - b| / max(|a|, |b|); None where only one has a value.

    A later version may measure more, or by another protocol, which is another key.
    """
    return {key: _difference(a[key], b[key]) for key in a if key in b}


def common_primary(new: Result | Metrics, old: Result) -> str | None:
    """The key of the metric that ranks, if both have it."""
    metrics, name = new.metrics if isinstance(new, Result) else new, primary_of(old)
    return next((key for key in old.metrics if key.partition("[")[0] == name and key in metrics), None)


def _difference(a: float | None, b: float | None) -> float | None:
    if a is None or b is None:
        return 0.0 if a is b else None
    return abs(a - b) / max(abs(a), abs(b)) if a != b else 0.0


def largest(differences: dict[str, float | None]) -> float:
    """Infinity where a value is missing."""
    return max((math.inf if d is None else d for d in differences.values()), default=0.0)


def kind_of_machine(env: Env) -> tuple[object, ...]:
    """What must be equal for the same bits."""
    how = env.threads, env.layout, env.precision, env.mode, env.ranks
    return env.device, env.torch, *how, env.deterministic


def primary_of(record: Result) -> str:
    """The name of the metric that ranks its data set: what the record says, else FID for images and KL for points."""
    return record.dataset.primary or ("fid" if any(key.startswith("fid[") for key in record.metrics) else "kl")


def judge(new: Result, old: Result, siblings: Sequence[Result]) -> tuple[bool, str]:
    """Whether `new` repeats `old`, and how that was judged.

    The same numbers do, and on the same kind of machine, where a run repeats bit for bit, no others do. Elsewhere the
    primary metric must lie where one more seed of the combination would with 99 %, by the logarithms of what
    `siblings`, its records of all seeds, have.
    """
    if new.status != old.status:
        return False, f"ended as {new.status}, not {old.status}"
    key = common_primary(new, old)
    if key is None and (new.metrics or old.metrics):
        return False, f"{primary_of(old)} was measured by another protocol"
    worst = largest(differences(new.metrics, old.metrics))
    if worst <= SAME:
        return True, "the same numbers" if new.curve == old.curve else "the same final numbers"
    assert key is not None  # else there are no differences
    apart = f"other numbers (up to {worst:.2g} relative)"
    if new.env.deterministic and kind_of_machine(new.env) == kind_of_machine(old.env):
        return False, f"{apart} on the same kind of machine, where a run repeats bit for bit"
    agrees, why = _plausible(new.metrics[key], [record.metrics.get(key) for record in siblings], primary_of(old))
    return agrees, f"{apart} on another kind of machine; {why}"


def _plausible(new: float | None, values: Sequence[float | None], name: str) -> tuple[bool, str]:
    known = [math.log(max(v, TINY)) for v in values if v is not None]
    if new is None or len(known) < 2:
        return False, f"{name} of at least two seeds is needed to say whether that is chance, and {len(known)} is known"
    low, high = (math.exp(bound) for bound in prediction_interval(known))
    inside = low <= new <= high
    return (
        inside,
        f"{name} {new:.4g} is {'inside' if inside else 'outside'} what {len(known)} seeds predict with 99 %, "
        f"{low:.4g} to {high:.4g}",
    )
