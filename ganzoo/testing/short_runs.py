"""Runs of 20 steps of a plugin's parts, for metrics that ask for the networks of a run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import suppress

from ganzoo.runs.run import Run
from ganzoo.runs.train import run
from ganzoo.support.errors import Incompatible, SpecError
from ganzoo.testing.own_data import own_data
from ganzoo.testing.trials import DATA
from ganzoo.testing.under_test import PartUnderTest

STEPS = 20
NETWORKS = {"points": "mlp", "image": "dcgan"}
"""What terms of a plugin are trained with, for each kind of data."""


def short_runs(part: PartUnderTest) -> Iterator[Run]:
    """Runs of what combines: each architecture, loss, regularizer and bundle of the plugin; then plain ones.

    A run's directory lasts until the next one is asked for.
    """
    for spec in _specs(part):
        with tempfile.TemporaryDirectory() as folder, suppress(Incompatible, SpecError):
            yield run(spec, steps=STEPS, out=f"{folder}/run", device="cpu", settings={"batch": 16})


def _specs(part: PartUnderTest) -> Iterator[str]:
    entries = part.plugin.entries() if part.plugin.plugin else []
    names = {kind: [e.name for e in entries if e.component.kind == kind] for kind in ("loss", "regularizer", "bundle")}
    terms = [f"bce+{name}" for name in names["regularizer"]] + names["loss"] + names["bundle"]
    for entry in entries:
        if entry.component.kind == "architecture":
            for kind in sorted(entry.component.data or DATA):
                data = [each.name for each in own_data(part, kind)] or [DATA[kind]] * (kind in DATA)
                yield from (f"{entry.name}+{term}@{name}" for name in data for term in ["bce", *terms])
    for kind, network in NETWORKS.items():
        yield from (f"{network}+{term}@{DATA[kind]}" for term in [*terms, "bce"])
