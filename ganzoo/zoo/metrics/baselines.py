"""Baselines: what as many real samples score, without which a score means little."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from ganzoo.interfaces.scores import Score
from ganzoo.zoo.metrics.base import Evaluation, SampleSet

MAX_SAMPLES = 10_000
"""Samples that a metric of all pairs compares."""
Measure = Callable[[SampleSet], dict[str, float]]
"""Samples -> values by name."""


def common_n(e: Evaluation) -> int:
    """How many generated, held-out and training samples there are of each: 10,000 at most."""
    return min(len(e.x), len(e.data.test.x), len(e.data.train.x), MAX_SAMPLES)


def with_baselines(
    e: Evaluation, n: int, protocol: str, measure: Measure, baselines: Sequence[str] = ("floor",)
) -> list[Score]:
    """`measure` of n samples, and of n real ones as `name.floor` (held out) and `name.memoriser` (training copies).

    `protocol` says all that the values depend on besides the samples. Baselines are computed once for a data set.
    """
    draws = {"floor": e.held_out, "memoriser": e.training_copies}
    values = measure(e.samples(n))
    scores = [Score(name, protocol, value) for name, value in values.items()]
    for baseline in baselines:
        real = e.cached((baseline, protocol, *values), partial(lambda draw: measure(draw(n)), draws[baseline]))
        scores += [Score(f"{name}.{baseline}", protocol, value) for name, value in real.items()]
    return scores


def undefined(protocol: str, *names: str) -> list[Score]:
    """Scores without values, and their floors, of a metric that has too few samples."""
    return [Score(f"{name}{suffix}", protocol, None) for name in names for suffix in ("", ".floor")]
