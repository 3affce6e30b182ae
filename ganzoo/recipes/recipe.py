"""A recipe: a spec and settings with everything resolved, and the identity of what comes out."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ganzoo.recipes.choice import Chosen, advice, choose, count, find, misfits
from ganzoo.recipes.options import written
from ganzoo.recipes.parts import Part, read, refusals
from ganzoo.recipes.precedence import settle
from ganzoo.recipes.settings import Settings
from ganzoo.recipes.spec import PartSpec, Spec, parse, parse_dataset
from ganzoo.registry import registry
from ganzoo.registry.registry import Entry
from ganzoo.support.errors import SpecError

if TYPE_CHECKING:
    from ganzoo.interfaces.datasets import Dataset


@dataclass(frozen=True)
class Recipe:
    """What to train, and how. Made by `resolve`; every option and setting has its value and its source."""

    architecture: Part
    loss: Part
    regularizers: tuple[Part, ...]
    """Sorted by (`order`, name)."""
    dataset: Part
    settings: Settings
    setting_sources: Mapping[str, str]
    """Setting -> "given", "bundle wgangp", "loss wgan", ..., "default"."""

    @property
    def terms(self) -> tuple[Part, ...]:
        """The loss and the regularizers, to be built afresh for each run."""
        return (self.loss, *self.regularizers)

    @property
    def parts(self) -> tuple[Part, ...]:
        """All parts, the data set last."""
        return (self.architecture, *self.terms, self.dataset)

    @property
    def spec(self) -> str:
        """Canonical: bundles expanded, options stated that are not their class's defaults, always with a data set."""
        return "+".join(map(str, self.parts[:-1])) + f"@{self.dataset}"

    @property
    def unpublished(self) -> bool:
        """Whether a part of it came from a file or a source tree that no distribution brings."""
        return any(part.entry.origin.plugin and not part.entry.origin.distribution for part in self.parts)

    @property
    def slug(self) -> str:
        """The spec as a name of a directory: at most 80 of `[a-z0-9.+@-]`."""
        return re.sub(r"[^a-z0-9.+@-]+", "-", self.spec.lower())[:80].rstrip("-.")

    @property
    def id(self) -> str:
        """12 hex digits of all that decides the numbers. The budget does only where the schedule decays over it.

        Options count where the spec states them, so that a part may be given a new one without new ids for old runs.
        """
        settings = {name: written(value) for name, value in asdict(self.settings).items()}
        if self.settings.decay == "none":
            del settings["images"]
        made_of = [[part.component.version, part.source_sha256()] for part in self.parts]
        text = json.dumps([self.spec, made_of, settings], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def to_dict(self) -> dict[str, Any]:
        """All of it, fit for JSON."""
        parts = [{"kind": p.component.kind, "name": p.name, **p.provenance(), "sources": p.sources} for p in self.parts]
        whole = {"spec": self.spec, "id": self.id, "parts": parts, "settings": asdict(self.settings)}
        made: dict[str, Any] = json.loads(json.dumps(whole | {"setting_sources": self.setting_sources}, default=str))
        return made


def resolve(
    spec: str,
    data: str | None = None,
    settings: Mapping[str, object] | None = None,
    known: registry.Registry | None = None,
    canonical: bool = False,
) -> Recipe:
    """Make the recipe of a spec, such as "dcgan+wgangp@digits".

    `data` is a data set that the spec does not name ("folder:~/faces"); without either it is digits. `settings` are
    values or their text, and may hold `steps`, the moves of G, in place of `images`. `known` is where names are looked
    up. A `canonical` spec, as a run keeps it, states what its data set recommended then, and what is recommended now
    does not count. Raises `SpecError` with all mistakes at once, and `DataError` where a data set reads files when it
    is made.
    """
    known, faults = known or registry.current_registry(), list[str]()
    specs, data_spec = _parse(spec, data, faults)
    chosen, bundles, found = choose(specs, known, faults)
    faults += count(chosen, known, complete=bool(specs) and found)
    on, place = _dataset(data_spec, known, faults)
    parts = [part for c in chosen if (part := read(c, *advice(c.entry, on), faults, canonical))]
    faults += [fault for part in [*parts, *([place] if place else [])] for fault in refusals(part)]
    faults += misfits(chosen, on, known) if on else []
    values, sources = settle(settings or {}, bundles, chosen, on, faults)
    if faults or not place:
        raise SpecError(list(dict.fromkeys(faults)))
    (architecture,), (loss,), regularizers = (_of(kind, parts) for kind in ("architecture", "loss", "regularizer"))
    return Recipe(architecture, loss, regularizers, place, Settings(**values), sources)


def dataset(text: str, known: registry.Registry | None = None) -> Dataset:
    """The data set that `--data` names, built. Raises `SpecError` with all mistakes, and `DataError`."""
    faults: list[str] = []
    _, part = _dataset(parse_dataset(text), known or registry.current_registry(), faults)
    faults += refusals(part) if part else []
    if faults or not part:
        raise SpecError(faults)
    made: Dataset = part.build()
    return made


def _parse(spec: str, data: str | None, faults: list[str]) -> tuple[tuple[PartSpec, ...], PartSpec]:
    """Parts and data set as they were written; a syntax error becomes faults, and no parts."""
    parsed, given = Spec(()), None
    try:
        parsed = parse(spec)
    except SpecError as error:
        faults += error.faults
    try:
        given = parse_dataset(data) if data is not None else None
    except SpecError as error:
        faults += [f"--data {fault}" for fault in error.faults]
    if parsed.dataset and given:
        faults.append(f"two data sets: @{parsed.dataset} in the spec, and --data {given}; give one")
    return parsed.parts, parsed.dataset or given or PartSpec("digits")


def _dataset(spec: PartSpec, known: registry.Registry, faults: list[str]) -> tuple[Entry | None, Part | None]:
    """The component, if there is one of that name, and the part, if its options are right too."""
    entry = find(spec, ("dataset",), known, faults)
    return entry, read(Chosen(entry, spec.options), "", {}, faults) if entry else None


def _of(kind: str, parts: list[Part]) -> tuple[Part, ...]:
    found = [part for part in parts if part.component.kind == kind]
    return tuple(sorted(found, key=lambda part: (getattr(part.cls, "order", 0), part.name)))
