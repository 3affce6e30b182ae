"""Whether a part trains with the built-in ones or is refused beforehand, and whether a generator learns with it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ganzoo.runs.records import value
from ganzoo.runs.train import run
from ganzoo.support.errors import Incompatible, SpecError
from ganzoo.support.messages import sentence
from ganzoo.testing.check_datasets import build_with_files
from ganzoo.testing.checks import TERMS, Skip, check
from ganzoo.testing.trials import DATA, SHAPES, Trial, first_possible, needs_loss, partners, trials
from ganzoo.testing.under_test import PartUnderTest
from ganzoo.zoo.catalog import ganzoo_components

ROUNDS = 20
EXAMPLE = '"why the parts do not combine; what to do instead"'
MEND = f"mend it, or refuse in `prepare` or in the builder: raise ganzoo.Incompatible({EXAMPLE})"
LEARNING_STEPS = 1_200
LEARNING_SETTINGS = {"digits": {"batch": 64, "lr": 1e-3}}
MODES = {"ring8": 8, "digits": 10}
"""Modes that a short run must find. One sample of a mode is enough, at any evaluation: it need not be sharp yet."""
STEADY = "r1"
"""Trials add this regularizer where they can, because a short run of a loss alone may circle around the modes."""


def training_faults(combinations: Iterable[Trial]) -> Iterator[str]:
    """Faults of all combinations: one that raises an exception hides no other."""
    for trial in combinations:
        try:
            fault = training_fault(trial)
        except Exception as error:
            fault = sentence(error)
        if fault:
            yield f"{trial}: {fault}"


def training_fault(trial: Trial) -> str:
    """Empty where the parts train, or are refused before the first move with a sentence."""
    try:
        trainer = trial.trainer()
    except (Incompatible, SpecError) as refusal:
        brief = len(str(refusal).split()) < 6
        return f"it is refused with {str(refusal)!r}; say why, and what to do instead" if brief else ""
    try:
        for _ in range(ROUNDS):
            trainer.round()
    except Incompatible as refusal:
        return f"it is refused only once it trains: {refusal}"
    return "" if trainer.finite() else f"after {ROUNDS} rounds a weight is not finite"


def first_accepted(combinations: list[Trial]) -> Trial:
    """The first that is not refused; where all are, the first."""
    try:
        return first_possible(combinations)
    except Incompatible:
        return combinations[0]


@check("combination", *TERMS, "bundle", mend=MEND, see="help(ganzoo.Term.prepare)")
def with_architectures(part: PartUnderTest) -> Iterator[str]:
    """Any architecture combines with any loss and any regularizer, or says before training why not."""
    loss = "+bce" if needs_loss(part) else ""
    yield from training_faults(
        first_accepted([Trial(f"{c.name}{loss}+{part.spec}", DATA[kind], shape) for shape in SHAPES[kind][:2]])
        for c in partners(part, "architecture")
        for kind in sorted(c.data & SHAPES.keys())
    )


@check("combination", "regularizer", "architecture", mend=MEND, see="help(ganzoo.Term.prepare)")
def with_losses(part: PartUnderTest) -> Iterator[str]:
    """Any loss combines with any architecture and any regularizer, or says before training why not."""
    built_in = {c.name for c in ganzoo_components() if c.kind == "loss"}
    yield from training_faults(
        replace(trial, spec="+".join(c.name if name in built_in else name for name in trial.spec.split("+")))
        for trial in trials(part)
        for c in partners(part, "loss")
    )


@check("combination", *TERMS, "architecture", mend=MEND, see="help(ganzoo.Term.prepare)")
def with_regularizers(part: PartUnderTest) -> Iterator[str]:
    """Any number of regularizers combine, or say before training why not."""
    yield from training_faults(trial.plus(c.name) for trial in trials(part) for c in partners(part, "regularizer"))


@check("combination", "dataset", mend="check `data`, which names its kind, and `encode`", see="help(ganzoo.Images)")
def trains(part: PartUnderTest) -> Iterator[str]:
    """Any data set combines with the architectures for its kind."""
    shape = tuple(build_with_files(part).shape)
    kinds = part.component.data
    entries = part.plugin.entries() if part.plugin.plugin else []
    own = [entry.component for entry in entries if entry.component.kind == "architecture"]
    architectures = [c for c in [*partners(part, "architecture"), *own] if not kinds or c.data & kinds]
    yield from training_faults(Trial(f"{c.name}+bce", part.spec, shape) for c in architectures)


def missing_modes(spec: str, data: str, wanted: int) -> Iterator[str]:
    """A fault where no evaluation of a short run finds so many modes."""
    settings = {"steps": LEARNING_STEPS, **LEARNING_SETTINGS.get(data, {})}
    with tempfile.TemporaryDirectory() as folder:
        result = run(f"{spec}@{data}", out=f"{folder}/run", device="cpu", settings=settings).result
    curve, status = (result.curve, result.status) if result else ([], "failed")
    modes = int(max((value(point.metrics, "modes@1") or 0 for point in curve), default=0))
    if modes < wanted:
        yield f"{spec}@{data} finds {modes} of {wanted} modes in {LEARNING_STEPS:,} steps (status {status})"


@check(
    "learning",
    "architecture",
    *TERMS,
    "bundle",
    mend="look at `ganzoo run SPEC` and its samples; recommend settings in `defaults` where the usual ones do not do",
    see="help(ganzoo.Component), defaults",
)
def finds_modes(part: PartUnderTest) -> Iterator[str]:
    """What trains without error may still learn nothing: a short run must find the modes of a simple data set."""
    for plain in trials(part):
        if plain.data not in MODES:
            raise Skip("only built-in data has modes that are known to be found quickly")
        trial = first_accepted([plain.plus(STEADY), plain])
        try:
            yield from missing_modes(trial.spec, trial.data, MODES[trial.data])
        except Incompatible as error:
            raise Skip(f"it needs other data ({error})") from None


@check("learning", "dataset", mend="check modes, the scale of encode, and `defaults`", see="help(ganzoo.Points)")
def modes_are_found(part: PartUnderTest) -> Iterator[str]:
    """A data set on which the usual recipe finds nothing cannot rank recipes."""
    data = build_with_files(part)
    if data.kind != "points" or not data.n_modes:
        raise Skip("only mixtures of points are learned quickly enough")
    yield from missing_modes("mlp+r3", part.spec, data.n_modes)
