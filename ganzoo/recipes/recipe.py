"""A recipe: a spec and settings with everything resolved, and the identity of what comes out."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ganzoo.interfaces.schedule import schedules_in
from ganzoo.recipes.options import as_text
from ganzoo.recipes.parts import Part, class_faults, part, resolve_part
from ganzoo.recipes.precedence import resolve_settings
from ganzoo.recipes.selection import Selected, bare_path, look_up, misfits, select, wrong_counts
from ganzoo.recipes.settings import Settings
from ganzoo.recipes.spec import PartSpec, Spec, parse, parse_part
from ganzoo.registry.registry import Registry, current_registry
from ganzoo.support.errors import SpecError
from ganzoo.support.faults import Faults

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
    def counts_budget(self) -> bool:
        """Whether the budget decides the numbers: something changes over it. If not, a run can be extended."""
        values = [*vars(self.settings).values(), *(value for part in self.terms for value in part.schedules.values())]
        return (
            self.settings.decay != "none"
            or any(not schedule.over for value in values for schedule in schedules_in(value))
            or any(part.cls.uses_progress for part in self.terms)
        )

    @property
    def id(self) -> str:
        """12 hex digits of all that decides the numbers. The budget does only where something changes over it.

        Options count where the spec states them, so that a part may be given a new one without new ids for old runs.
        """
        settings = {name: as_text(value) for name, value in asdict(self.settings).items()}
        if not self.counts_budget:
            del settings["images"]
        by_first_name = sorted(self.regularizers, key=lambda part: (part.cls.order, part.entry.first_name))
        parts = [self.architecture, self.loss, *by_first_name, self.dataset]
        spec = "+".join(part.first_text for part in parts[:-1]) + f"@{self.dataset.first_text}"
        text = json.dumps([spec, [part.identity for part in parts], settings], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def to_dict(self) -> dict[str, Any]:
        """All of it, fit for JSON."""
        parts = [{"kind": p.component.kind, "name": p.name, **p.provenance(), "sources": p.sources} for p in self.parts]
        whole = {"spec": self.spec, "id": self.id, "parts": parts, "settings": asdict(self.settings)}
        plain: dict[str, Any] = json.loads(json.dumps(whole | {"setting_sources": self.setting_sources}, default=str))
        return plain


def resolve(
    spec: str,
    data: str | None = None,
    settings: Mapping[str, object] | None = None,
    registry: Registry | None = None,
    canonical: bool = False,
) -> Recipe:
    """Make the recipe of a spec, such as "dcgan+wgangp@digits".

    `data` is a data set that the spec does not name ("folder:~/faces"); without either it is digits. `settings` are
    values or their text, and may hold `steps`, the moves of G, in place of `images`. `registry` is where names are
    looked up. A `canonical` spec, as a run keeps it, states what its data set recommended then, and what is recommended
    now does not count. Raises `SpecError` with all mistakes at once, and `DataError` where a data set reads files when
    it is made.
    """
    registry, faults = registry or current_registry(), Faults()
    written_spec = faults.collect(parse, spec) or Spec(())
    selection = select(written_spec.parts, registry, faults)
    faults.add(*wrong_counts(selection, registry))
    if mistaken := bare_path(spec.partition("@")[2] if data is None else data, registry):
        faults.add(*mistaken)
        raise SpecError(faults.messages)
    dataset_spec = _dataset_spec(written_spec, data, faults)
    dataset_entry = faults.collect(look_up, dataset_spec, ("dataset",), registry)
    parts = [faults.collect(resolve_part, each, dataset_entry, canonical) for each in selection.parts]
    if dataset_entry:
        parts.append(faults.collect(resolve_part, Selected(dataset_entry, dataset_spec.options)))
        faults.add(*misfits(selection, dataset_entry, registry))
    resolved = [each for each in parts if each is not None]
    for each in resolved:
        faults.add(*class_faults(each))
    all_settings = faults.collect(resolve_settings, settings or {}, selection, dataset_entry)
    faults.raise_if_any()
    assert all_settings is not None
    (architecture,), (loss,), (data_set,) = (_of_kind(kind, resolved) for kind in ("architecture", "loss", "dataset"))
    return Recipe(architecture, loss, _of_kind("regularizer", resolved), data_set, *all_settings)


def dataset(text: str, registry: Registry | None = None) -> Dataset:
    """The data set that a text names, as after the @ of a spec: "mnist", "folder:~/faces". Its `name` is set.

    Samples are read when they are first used. `registry` is where names are looked up. Raises `SpecError` with all
    mistakes, and `DataError` where it reads files when it is made.
    """
    instance: Dataset = part(text, "dataset", registry=registry).build()
    return instance


def _dataset_spec(spec: Spec, data: str | None, faults: Faults) -> PartSpec:
    """The data set of the spec, else of `--data`, else digits. Two are a fault."""
    given = faults.collect(parse_part, data, where="--data ") if data is not None else None
    if spec.dataset and given:
        faults.add(f"two data sets: @{spec.dataset} in the spec, and --data {given}; give one")
    return spec.dataset or given or PartSpec("digits")


def _of_kind(kind: str, parts: Sequence[Part]) -> tuple[Part, ...]:
    of_kind = [each for each in parts if each.component.kind == kind]
    return tuple(sorted(of_kind, key=lambda each: (getattr(each.cls, "order", 0), each.name)))
