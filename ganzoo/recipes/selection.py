"""Which components a spec selects, and whether they go together."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ganzoo.interfaces.component import KINDS, MIXED, Component
from ganzoo.recipes.spec import PartSpec, parse, quote
from ganzoo.registry.registry import Entry, Registry
from ganzoo.support.errors import GanzooWarning, SpecError
from ganzoo.support.faults import Faults
from ganzoo.support.messages import listed, nearest


@dataclass
class Selected:
    """A part that was looked up. Its options are still text."""

    entry: Entry
    options: Mapping[str, str]
    bundle: str = ""
    bundle_options: Mapping[str, str] = field(default_factory=dict)
    """Options that `bundle` states for this part."""


@dataclass
class Selection:
    """The parts and bundles of a spec."""

    parts: list[Selected]
    bundles: list[Entry]
    complete: bool
    """Whether every part that the spec names was found."""

    def of_kind(self, kind: str) -> list[Selected]:
        """The parts of one kind."""
        return [part for part in self.parts if part.entry.component.kind == kind]


def look_up(part: PartSpec, kinds: Sequence[str], registry: Registry) -> Entry:
    """The component that a part names, among `kinds`. Raises `SpecError`, `UnknownName`."""
    if part.kind and part.kind not in kinds:
        hint = f"; write @{part.name}" if part.kind == "dataset" else nearest(part.kind, kinds)
        problem = "not for" if part.kind in KINDS else "no kind of"
        raise SpecError([f"{part.head}: {part.kind!r} is {problem} a part{hint}"])
    entry = registry.lookup(part.name, (part.kind,) if part.kind else kinds, part.plugin)
    if part.name != entry.component.name:
        warnings.warn(f"{part.name} is called {entry.component.name} now", GanzooWarning, stacklevel=2)
    return entry


def bare_path(text: str, registry: Registry) -> list[str]:
    """A fault where a text should name a data set, but names a folder or an .npz file that is there; else nothing."""
    path = text if os.path.exists(os.path.expanduser(text)) else text.partition(":")[0]
    is_folder = os.path.isdir(os.path.expanduser(path))
    if not is_folder and not (path.endswith(".npz") and os.path.isfile(os.path.expanduser(path))):
        return []
    if path in {entry.name for entry in registry.entries("dataset")}:
        return []
    what, name = ("a folder", "folder") if is_folder else ("a file", "npz")
    return [f"{path} is {what} and no data set; to use its images, write {name}:{quote(path)}"]


def select(specs: Sequence[PartSpec], registry: Registry, faults: Faults) -> Selection:
    """Look every part up, and expand bundles. What cannot be found is a fault, and the others are still selected."""
    parts: dict[str, Selected] = {}
    bundles: dict[str, Entry] = {}
    complete = bool(specs)
    for spec in specs:
        if (entry := faults.collect(look_up, spec, MIXED, registry)) is None:
            complete = False
        elif entry.name in parts or entry.name in bundles:
            faults.add(f"{entry.name} is named twice; write it once, with all of its options")
        elif entry.component.kind == "bundle":
            bundles[entry.name] = entry
            faults.add(*_bundle_with_options(spec, entry.component))
        else:
            parts[entry.name] = Selected(entry, spec.options)
    for bundle in bundles.values():
        expansion = faults.collect(parse, bundle.component.expands, where=f"bundle {bundle.name}: ")
        for spec in expansion.parts if expansion else ():
            if (entry := faults.collect(look_up, spec, ("loss", "regularizer"), registry)) is None:
                complete = False
            else:
                _add_from_bundle(parts.setdefault(entry.name, Selected(entry, {})), bundle.name, spec, faults)
    return Selection(list(parts.values()), list(bundles.values()), complete)


def _bundle_with_options(spec: PartSpec, bundle: Component) -> Iterator[str]:
    if spec.options:
        example = bundle.expands.split("+")[-1].partition(":")[0]
        yield (
            f"{spec}: {bundle.name} is a bundle, {bundle.expands}, and has no options; "
            f"write those of its parts, as in {bundle.name}+{example}:weight=5"
        )


def _add_from_bundle(part: Selected, bundle: str, spec: PartSpec, faults: Faults) -> None:
    if part.bundle and part.bundle_options != spec.options:
        faults.add(f"the bundles {part.bundle} and {bundle} disagree on {part.entry.name}; name one of them")
    part.bundle, part.bundle_options = bundle, spec.options


def wrong_counts(selection: Selection, registry: Registry) -> Iterator[str]:
    """Faults of a recipe that has not exactly one architecture and one loss."""
    for kind in ("architecture", "loss"):
        selected = selection.of_kind(kind)
        if len(selected) > 1:
            names = [part.entry.name + (f" (of {part.bundle})" if part.bundle else "") for part in selected]
            yield f"a recipe has one {kind}, but this has {listed(names, 'and')}; keep one"
        elif not selected and selection.complete:
            available = ", ".join(entry.name for entry in registry.entries(kind))
            yield f"a recipe needs one {kind}; add one of {available}"


def misfits(selection: Selection, dataset: Entry, registry: Registry) -> Iterator[str]:
    """Faults of parts that do not take this kind of data."""
    for entry in (part.entry for part in selection.parts if not _fits(part.entry, dataset)):
        accepted, given = (listed(sorted(e.component.data)) for e in (entry, dataset))
        hint = _alternative(entry, dataset, registry)
        yield f"{entry.name} takes data of the kind {accepted}, but {dataset.name} is {given}{hint}"


def _alternative(part: Entry, dataset: Entry, registry: Registry) -> str:
    if part.component.kind == "regularizer":
        return "; leave it out"
    fitting = [entry.name for entry in registry.entries(part.component.kind) if _fits(entry, dataset)]
    return f"; one that fits is {listed(fitting)}" if fitting else ""


def _fits(part: Entry, dataset: Entry) -> bool:
    accepted, given = part.component.data, dataset.component.data
    return not accepted or not given or bool(accepted & given)
