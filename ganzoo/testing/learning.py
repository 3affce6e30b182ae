"""Whether a part lets a generator learn anything."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

from ganzoo.runs.records import value
from ganzoo.runs.train import run
from ganzoo.testing.check import TERMS, Check, Skip, check
from ganzoo.testing.combination import accepted
from ganzoo.testing.datasets import built
from ganzoo.testing.scenes import Scene, stages
from ganzoo.testing.subject import Candidate

STEPS = 1_200
MODES = {"ring8": 8, "digits": 10}
"""All of them, found at one time or another with one sample at least: they need not be sharp yet."""
SETTINGS = {"digits": {"batch": 64, "lr": 1e-3}}
STEADY = "r1"
"""A short run of a loss alone may circle around the modes; with this it comes to rest."""


def found(spec: str, data: str) -> tuple[int, str]:
    """The most modes that a short run shows along its way, and its status."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {"steps": STEPS, **SETTINGS.get(data, {})}
        result = run(f"{spec}@{data}", out=f"{folder}/run", device="cpu", settings=settings).result
    if result is None:
        return 0, "failed"
    return int(max((value(point.metrics, "modes@1") or 0 for point in result.curve), default=0)), result.status


@check(
    "learning",
    "architecture",
    *TERMS,
    "bundle",
    mend="look at `ganzoo run SPEC` and its samples; what recommends other settings says so in `defaults`",
    see="help(ganzoo.Component), defaults",
)
def finds_modes(c: Candidate) -> Iterator[str]:
    """What trains without error may still learn nothing: a short run must find the modes of a simple data set."""
    for scene in stages(c):
        spec, _, data = scene.spec.rpartition("@")
        steady = Scene(f"{spec}+{STEADY}@{data}", scene.shape)
        spec = spec if accepted([steady, scene]) is scene else f"{spec}+{STEADY}"
        modes, status = found(spec, data)
        if modes < MODES[data]:
            yield f"{spec}@{data} finds {modes} of {MODES[data]} modes in {STEPS:,} steps (status {status})"


@check(
    "learning", "dataset", mend="look at modes, at the scale of encode, and at `defaults`", see="help(ganzoo.Points)"
)
def modes_are_found(c: Candidate) -> Iterator[str]:
    """A data set on which the usual recipe finds nothing cannot rank recipes."""
    data = built(c)
    if data.kind != "points" or not data.n_modes:
        raise Skip("only mixtures of points are learned quickly enough")
    modes, status = found("mlp+r3", c.spec)
    if modes < data.n_modes:
        yield f"mlp+r3@{c.spec} finds {modes} of {data.n_modes} modes in {STEPS:,} steps (status {status})"


CHECKS: tuple[Check, ...] = (finds_modes, modes_are_found)
