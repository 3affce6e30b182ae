"""Whether one record repeats another of the same recipe, budget and seed."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ganzoo.interfaces.scores import Metrics, Score, from_metrics
from ganzoo.leaderboard.scale import Scale
from ganzoo.leaderboard.stats import prediction_interval
from ganzoo.runs.records import Env, Result

SAME = 1e-6
"""Largest relative difference between equal numbers that were written and read again."""


def differences(a: Metrics, b: Metrics) -> dict[str, float | None]:
    """|a - b| / max(|a|, |b|) of each metric that both have; None where only one of them has a value.

    A later version may compute more metrics, or follow another protocol: those are left out.
    """
    return {key: _relative_difference(a[key], b[key]) for key in a if key in b}


def _relative_difference(a: float | None, b: float | None) -> float | None:
    if a is None or b is None:
        return 0.0 if a is b else None
    return abs(a - b) / max(abs(a), abs(b)) if a != b else 0.0


def largest_difference(differences: dict[str, float | None]) -> float:
    """Infinity where a value is missing."""
    return max((math.inf if d is None else d for d in differences.values()), default=0.0)


def machine_kind(env: Env) -> tuple[object, ...]:
    """All that must be equal for two runs to give the same bits."""
    execution = env.threads, env.layout, env.precision, env.mode, env.ranks
    return env.device, env.torch, env.cudnn, *execution, env.deterministic


def primary_metric(record: Result) -> str:
    """The name of the metric that ranks its data set: as the record says, else FID for images and KL for points."""
    has_fid = any(score.name == "fid" for score in from_metrics(record.metrics))
    return record.dataset.primary or ("fid" if has_fid else "kl")


def shared_primary_score(old: Result, new: Metrics) -> Score | None:
    """The score that ranks `old`, if `new` has one of the same protocol."""
    scores = (score for score in from_metrics(old.metrics) if score.name == primary_metric(old))
    return next((score for score in scores if score.key in new), None)


def repeats(new: Result, old: Result, siblings: Sequence[Result]) -> tuple[bool, str]:
    """Whether `new` repeats `old`, and how that was decided.

    Equal numbers do. On the same kind of machine, where runs repeat bit for bit, other numbers do not. On another kind,
    the primary metric must lie within the 99 % prediction interval for one more seed, computed on the metric's scale
    from `siblings`: the records of all seeds.
    """
    if new.status != old.status:
        return False, f"ended as {new.status}, not {old.status}"
    primary = shared_primary_score(old, new.metrics)
    if primary is None and (new.metrics or old.metrics):
        return False, f"{primary_metric(old)} was measured by another protocol"
    difference = largest_difference(differences(new.metrics, old.metrics))
    if difference <= SAME:
        return True, "the same numbers" if new.curve == old.curve else "the same final numbers"
    assert primary is not None  # without metrics there is no difference
    differs = f"numbers differ by up to {difference:.2g} (relative)" if difference < math.inf else "a number is missing"
    if new.env.deterministic and machine_kind(new.env) == machine_kind(old.env):
        return False, f"{differs} on the same kind of machine, where a run repeats bit for bit"
    values = [value for record in siblings if (value := record.metrics.get(primary.key)) is not None]
    best = old.best.get(primary.key)
    scale = Scale.of(primary.name, best.better if best else "lower", best.scale if best else "", values)
    plausible, why = _is_plausible(new.metrics[primary.key], values, primary.name, scale)
    return plausible, f"{differs} on another kind of machine; {why}"


def _is_plausible(new: float | None, values: Sequence[float], name: str, scale: Scale) -> tuple[bool, str]:
    n = len(values)
    if new is None or n < 2:
        return False, f"at least two seeds must have {name} to tell whether that is chance, and only {n} has it"
    low, high = sorted(map(scale.from_loss, prediction_interval([scale.to_loss(value) for value in values])))
    inside = low <= new <= high
    where = "inside" if inside else "outside"
    return inside, f"{name} {new:.4g} is {where} the 99 % prediction interval of {n} seeds, {low:.4g} to {high:.4g}"
