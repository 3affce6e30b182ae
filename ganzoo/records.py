"""Result records: one immutable JSON object a run, `ganzoo.result/1`."""

from typing import Any, Literal

import msgspec

Status = Literal["ok", "diverged", "failed", "interrupted"]
Metrics = dict[str, float | None]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A component as it was used, and where it came from."""

    kind: str
    name: str
    version: int
    params: dict[str, Any]
    """Every option, resolved."""
    plugin: str | None = None
    """None: built in."""
    distribution: str | None = None
    distribution_version: str | None = None
    source_sha256: str | None = None


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """The data set of a run."""

    name: str
    revision: str
    """First 12 hex digits of the sha256 of its samples."""
    n_train: int


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """What a run took, over all its sessions."""

    images: int
    """Real images shown to D."""
    d_moves: int
    g_moves: int
    wall_s: float
    core_s: float
    """User and system time of the process."""


class Best(msgspec.Struct, frozen=True):
    """The best value of a metric along a run, and when."""

    value: float
    images: int


class Point(msgspec.Struct, frozen=True):
    """Metrics after so many images."""

    images: int
    metrics: Metrics


class Env(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run ran."""

    python: str
    torch: str
    ganzoo_core: str
    device: str
    threads: int
    layout: str
    precision: str
    git: str | None = None
    dirty: bool | None = None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What came out of a run. Metrics are those of the last checkpoint; a null value is a metric that failed."""

    schema: Literal["ganzoo.result/1"] = "ganzoo.result/1"
    run_id: str
    created: str
    spec: str
    recipe_id: str
    components: list[Part]
    settings: dict[str, Any]
    dataset: Data
    budget: Budget
    seed: int
    status: Status
    message: str = ""
    metrics: Metrics
    best: dict[str, Best]
    curve: list[Point]
    env: Env


def value(metrics: Metrics, name: str) -> float | None:
    """The metric `name` whatever its protocol: "fid" finds "fid[digits-judge-v1@...,n=500]"; None if not there."""
    return next((v for key, v in metrics.items() if key.partition("[")[0] == name), None)
