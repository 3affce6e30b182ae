"""The record of a run: a pure function of what the run was and what came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

from ganzoo.interfaces.datasets import Dataset
from ganzoo.interfaces.scores import ScaleName, Score
from ganzoo.recipes.recipe import Recipe
from ganzoo.runs.records import Best, Budget, CurvePoint, DatasetRecord, Env, PartRecord, Result, Status


def result(
    recipe: Recipe,
    seed: int,
    status: Status,
    message: str = "",
    *,
    dataset: DatasetRecord,
    budget: Budget,
    env: Env,
    created: str,
    parameters: Mapping[str, int] | None = None,
    curve: Sequence[CurvePoint] = (),
    better: Mapping[str, str] | None = None,
    scales: Mapping[str, ScaleName] | None = None,
) -> Result:
    """What came out of a run, with all that is needed to repeat it.

    `created` is a time in ISO 8601, `parameters` the size of each player, `curve` the metrics at each evaluation,
    `better` which way each metric is better ("lower", "higher"), and `scales` how its values are compared.
    """
    return Result(
        run_id=f"{recipe.id}-s{seed}",
        created=created,
        spec=recipe.spec,
        recipe_id=recipe.id,
        components=[PartRecord(kind=p.component.kind, name=p.component.name, **p.provenance()) for p in recipe.parts],
        settings=recipe.to_dict()["settings"],
        parameters=dict(parameters or {}),
        dataset=dataset,
        budget=budget,
        seed=seed,
        status=status,
        message=message,
        unpublished=recipe.unpublished,
        metrics=dict(curve[-1].metrics) if curve else {},
        best=best_along(curve, better or {}, scales or {}),
        curve=list(curve),
        env=env,
    )


def now() -> str:
    """The time, in ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def described(data: Dataset) -> DatasetRecord:
    """A data set as a record holds it."""
    return DatasetRecord(name=data.name, revision=data.revision, n_train=len(data.train.x), primary=data.primary)


def best_along(
    curve: Sequence[CurvePoint], better: Mapping[str, str], scales: Mapping[str, ScaleName] | None = None
) -> dict[str, Best]:
    """For each metric that has a better direction, the best value along the curve; the first of equals."""
    best: dict[str, Best] = {}
    for point in curve:
        for key, value in point.metrics.items():
            name = Score.parse(key, value).name
            direction = better.get(name)
            if direction is None or value is None:
                continue
            sign = 1 if direction == "higher" else -1
            if key not in best or sign * value > sign * best[key].value:
                way: Literal["lower", "higher"] = "higher" if direction == "higher" else "lower"
                best[key] = Best(value, point.images, way, (scales or {}).get(name, ""))
    return best
