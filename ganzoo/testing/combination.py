"""Whether a part goes together with the built-in ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from ganzoo.interfaces.component import Component
from ganzoo.support.errors import Incompatible, SpecError
from ganzoo.testing.check import TERMS, Check, check
from ganzoo.testing.datasets import built
from ganzoo.testing.scenes import PLACES, Scene, needs_loss, stages
from ganzoo.testing.subject import Candidate
from ganzoo.zoo.catalog import ganzoo_components

STEPS = 20
FIRST = '"why it cannot be; what to do instead"'
MEND = f"mend it, or refuse in `prepare` or in the builder: raise ganzoo.Incompatible({FIRST})"


def partners(c: Candidate, *kinds: str) -> list[Component]:
    """The built-in parts of some kinds, without itself."""
    return [p for p in ganzoo_components() if p.kind in kinds and p.name != c.component.name]


def together(scene: Scene) -> Iterator[str]:
    """Faults of a game: it must train, or be refused before it begins, with a sentence."""
    try:
        trainer = scene.trainer()
    except (Incompatible, SpecError) as refusal:
        if len(str(refusal).split()) < 6:
            yield f"{scene} is refused with {str(refusal)!r}; say why, and what to do instead"
        return
    try:
        for _ in range(STEPS):
            trainer.round()
    except Incompatible as refusal:
        yield f"{scene} is refused only once it trains: {refusal}"
        return
    if not trainer.finite():
        yield f"{scene}: after {STEPS} steps a weight is not finite"


def all_of(scenes: Iterator[Scene]) -> Iterator[str]:
    """Faults of many games. One that raises hides no other."""
    for scene in scenes:
        try:
            yield from together(scene)
        except Exception as error:
            yield f"{scene}: {type(error).__name__}: {error}"


@check("combination", *TERMS, "bundle", mend=MEND, see="help(ganzoo.Term.prepare)")
def with_architectures(c: Candidate) -> Iterator[str]:
    """Any architecture goes with any loss and any regularizer, or says before training why not."""
    loss = "+bce" if needs_loss(c) else ""
    places = [(p.name, PLACES[kind]) for p in partners(c, "architecture") for kind in sorted(p.data & PLACES.keys())]
    yield from all_of(
        accepted([Scene(f"{name}{loss}+{c.spec}@{data}", shape) for shape in shapes[:2]])
        for name, (data, shapes) in places
    )


def accepted(scenes: list[Scene]) -> Scene:
    """The first that is not refused, else the first."""
    for scene in scenes:
        with suppress(Incompatible, SpecError):
            scene.trainer()
            return scene
    return scenes[0]


@check("combination", "regularizer", "architecture", mend=MEND, see="help(ganzoo.Term.prepare)")
def with_losses(c: Candidate) -> Iterator[str]:
    """Any loss goes with any architecture and any regularizer, or says before training why not."""
    stage = stages(c)
    yield from all_of(Scene(_swap(s.spec, p.name), s.shape) for s in stage for p in partners(c, "loss"))


@check("combination", *TERMS, "architecture", mend=MEND, see="help(ganzoo.Term.prepare)")
def with_regularizers(c: Candidate) -> Iterator[str]:
    """Any number of regularizers go together, or say before training why not."""
    stage = stages(c)
    yield from all_of(Scene(_add(s.spec, p.name), s.shape) for s in stage for p in partners(c, "regularizer"))


@check("combination", "dataset", mend="say in `data` which kind it is, and look at encode", see="help(ganzoo.Images)")
def trains(c: Candidate) -> Iterator[str]:
    """Any data set goes with the architectures for its kind."""
    shape = tuple(built(c).shape)
    for p in partners(c, "architecture"):
        if p.data & c.component.data or not c.component.data:
            yield from together(Scene(f"{p.name}+bce@{c.spec}", shape))


def _swap(spec: str, loss: str) -> str:
    """Another loss in place of the one that a stage was found with."""
    parts, at, data = spec.partition("@")
    names = {p.name for p in ganzoo_components() if p.kind == "loss"}
    return "+".join(loss if part in names else part for part in parts.split("+")) + at + data


def _add(spec: str, part: str) -> str:
    parts, at, data = spec.partition("@")
    return f"{parts}+{part}{at}{data}"


CHECKS: tuple[Check, ...] = (with_architectures, with_losses, with_regularizers, trains)
