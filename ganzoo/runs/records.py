"""What is written about a run: `recipe.json` when it begins, and its record, `ganzoo.result/1`, when it ends."""

from typing import Annotated, Any, Literal

import msgspec

from ganzoo.interfaces.scores import Metrics, from_metrics, value_of

Status = Literal["ok", "diverged", "failed", "interrupted"]


class Shapes(msgspec.Struct, frozen=True, kw_only=True):
    """The data that networks were built for."""

    revision: str
    """First 12 hex digits of the sha256 of its samples."""
    n_train: int
    shape: tuple[int, ...]
    """Of one sample as networks see it."""
    labels: int
    source: tuple[int, ...] | None = None
    """Of what is given with a sample; None if nothing is."""
    paired: bool = True


class Numerics(msgspec.Struct, frozen=True, kw_only=True):
    """An `Engine`, as it is recorded."""

    device: str
    threads: Annotated[int, msgspec.Meta(ge=1)]
    layout: Literal["contiguous", "channels_last"]
    precision: Literal["fp32", "tf32", "bf16", "fp64"]
    mode: Literal["eager", "compile", "graph", "graph+compile"] = "eager"
    ranks: Annotated[int, msgspec.Meta(ge=1)] = 1


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """`recipe.json`: what a run is, and all that an exact resume needs."""

    spec: str
    id: str
    seed: int
    parts: list[dict[str, Any]]
    settings: dict[str, Any]
    setting_sources: dict[str, str]
    data: Shapes
    parameters: dict[str, int]
    """Of each network."""
    chosen: dict[str, str]
    """What the networks' builders chose where an option left it open."""
    warnings: list[str] = []
    """Warnings of its terms."""
    engine: Numerics


class PartRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A part as it was used, and where it came from."""

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


class DatasetRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The data set of a run."""

    name: str
    revision: str
    """First 12 hex digits of the sha256 of its samples."""
    n_train: int
    primary: str = ""
    """The metric that ranks, without protocol; empty where a record does not say."""


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """What a run has taken, over all its sessions."""

    images: int
    """Real images shown to D."""
    d_moves: int
    g_moves: int
    wall_s: float
    core_s: float
    """User and system time of the process, and of the one that evaluates beside it."""


class Best(msgspec.Struct, frozen=True):
    """The best value of a metric along a run, and when."""

    value: float
    images: int
    better: Literal["lower", "higher"] = "lower"
    """Which way is better."""
    scale: Literal["", "log", "plain", "share", "amount"] = ""
    """How its values are compared, as the metric says; empty where a record does not say."""


class CurvePoint(msgspec.Struct, frozen=True):
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
    mode: str = "eager"
    """How moves were executed: eager, compile, graph or graph+compile."""
    ranks: int = 1
    """Processes that trained together."""
    deterministic: bool = True
    """Whether the same command gives the same bits on a machine of this kind."""
    cudnn: str | None = None
    """On CUDA, the version of cuDNN, and how its kernels are chosen."""
    git: str | None = None
    dirty: bool | None = None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The record of a run. Metrics are those of the last checkpoint; null is a metric that is not defined."""

    schema: Literal["ganzoo.result/1"] = "ganzoo.result/1"
    run_id: str
    created: str
    spec: str
    recipe_id: str
    components: list[PartRecord]
    settings: dict[str, Any]
    parameters: dict[str, int] = {}
    """Of each network."""
    dataset: DatasetRecord
    budget: Budget
    seed: int
    status: Status
    message: str = ""
    unpublished: bool = False
    """Whether a part came from a file or a source tree. Boards rank such results only with `--unpublished`."""
    metrics: Metrics
    best: dict[str, Best]
    curve: list[CurvePoint]
    env: Env


def value(metrics: Metrics, name: str) -> float | None:
    """The metric `name` whatever its protocol: "fid" finds "fid[digits-judge-v1@...,n=500]"; None if not there."""
    return value_of(from_metrics(metrics), name)


GLANCE = {
    "fid": "FID {:.3g}",
    "fid.floor": "(floor {:.3g})",
    "modes@1": "modes {:.0f}",
    "kl": "KL {:.3g}",
    "hq@3sigma": "high quality {:.0%}",
}


def glance(metrics: Metrics, primary: str = "") -> str:
    """The most important metrics in one line: "FID 23.1 (floor 12.8) modes 10 KL 0.012".

    `primary` is the one that ranks the data, and comes first unless it is one of these.
    """
    texts = dict(GLANCE)
    if primary and primary not in texts:
        title = primary.replace("{", "{{").replace("}", "}}")  # it is a name, and no format
        texts = {primary: title + " {:.3g}", f"{primary}.floor": GLANCE["fid.floor"]} | texts
    scores = from_metrics(metrics)
    values = ((text, value_of(scores, name)) for name, text in texts.items())
    return " ".join(text.format(value) for text, value in values if value is not None)
