"""Which components a spec chooses, and whether they go together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ganzoo.interfaces.component import KINDS, MIXED, Component
from ganzoo.recipes.spec import PartSpec, parse
from ganzoo.registry.registry import Entry, Registry
from ganzoo.support.errors import SpecError, UnknownName
from ganzoo.support.messages import listed, nearest


@dataclass
class Chosen:
    """A part that was found, before its options are read."""

    entry: Entry
    given: Mapping[str, str]
    bundle: str = ""
    expanded: dict[str, str] = field(default_factory=dict)
    """What `bundle` says of its options."""


def choose(
    parts: tuple[PartSpec, ...], registry: Registry, faults: list[str]
) -> tuple[list[Chosen], list[Entry], bool]:
    """Look every part up and expand bundles. Gives the parts, the bundles, and whether all were found."""
    chosen: dict[str, Chosen] = {}
    bundles: dict[str, Entry] = {}
    unknown: list[str] = []
    for part in parts:
        if not (entry := find(part, MIXED, registry, unknown)):
            continue
        if entry.name in chosen or entry.name in bundles:
            faults.append(f"{entry.name} is named twice; write it once, with all of its options")
        elif entry.component.kind == "bundle":
            bundles[entry.name] = entry
            faults += _no_options(part, entry.component)
        else:
            chosen[entry.name] = Chosen(entry, part.options)
    for bundle in bundles.values():
        _expand(bundle, chosen, registry, unknown)
    faults += unknown
    return list(chosen.values()), list(bundles.values()), not unknown


def find(part: PartSpec, kinds: tuple[str, ...], registry: Registry, faults: list[str]) -> Entry | None:
    """The component that a part names, among `kinds`; None, and a fault, if there is none."""
    if part.kind and part.kind not in kinds:
        hint = f"; write @{part.name}" if part.kind == "dataset" else nearest(part.kind, kinds)
        faults.append(f"{part.head}: {part.kind!r} is {'not for' if part.kind in KINDS else 'no kind of'} a part{hint}")
        return None
    try:
        return registry.lookup(part.name, (part.kind,) if part.kind else kinds, part.plugin)
    except UnknownName as error:
        faults.append(str(error))
        return None


def _no_options(part: PartSpec, bundle: Component) -> list[str]:
    if not part.options:
        return []
    example = bundle.expands.split("+")[-1].partition(":")[0]
    return [
        f"{part}: {bundle.name} is a bundle, {bundle.expands}, and has no options; "
        f"write those of its parts, as in {bundle.name}+{example}:weight=5"
    ]


def _expand(bundle: Entry, chosen: dict[str, Chosen], registry: Registry, faults: list[str]) -> None:
    try:
        parts = parse(bundle.component.expands).parts
    except SpecError as error:
        faults += [f"bundle {bundle.name}: {fault}" for fault in error.faults]
        return
    for part in parts:
        if entry := find(part, ("loss", "regularizer"), registry, faults):
            target = chosen.setdefault(entry.name, Chosen(entry, {}))
            if target.bundle and target.expanded != part.options:
                faults.append(
                    f"the bundles {target.bundle} and {bundle.name} disagree on {entry.name}; name one of them"
                )
            target.bundle, target.expanded = bundle.name, dict(part.options)


def count(chosen: list[Chosen], known: Registry, complete: bool) -> Iterator[str]:
    """Faults of a game that has not one architecture and one loss. None may be missing if the spec is `complete`."""
    for kind in ("architecture", "loss"):
        of_kind = [c for c in chosen if c.entry.component.kind == kind]
        if len(of_kind) > 1:
            names = listed([c.entry.name + (f" (of {c.bundle})" if c.bundle else "") for c in of_kind], "and")
            yield f"a recipe has one {kind}, but this has {names}; keep one"
        elif not of_kind and complete:
            yield f"a recipe needs one {kind}; add one of {', '.join(e.name for e in known.entries(kind))}"


def misfits(chosen: list[Chosen], dataset: Entry, known: Registry) -> list[str]:
    """Faults of parts that do not take the kind of data that there is."""
    faults = []
    for entry in (c.entry for c in chosen if not _fits(c.entry, dataset)):
        takes, has = (listed(sorted(e.component.data)) for e in (entry, dataset))
        hint = _instead(entry, dataset, known)
        faults.append(f"{entry.name} takes data of the kind {takes}, but {dataset.name} is {has}{hint}")
    return faults


def _instead(part: Entry, dataset: Entry, known: Registry) -> str:
    if part.component.kind == "regularizer":
        return "; leave it out"
    able = [e.name for e in known.entries(part.component.kind) if _fits(e, dataset)]
    return f"; one that fits is {listed(able)}" if able else ""


def _fits(part: Entry, dataset: Entry) -> bool:
    takes, has = part.component.data, dataset.component.data
    return not takes or not has or bool(takes & has)


def advice(part: Entry, dataset: Entry | None) -> tuple[str, dict[str, Any]]:
    """The data set's name, and what it recommends for the options of a part: its defaults "part:option"."""
    if dataset is None:
        return "", {}
    names = {part.name}
    if part.origin.plugin in (None, dataset.origin.plugin):
        names.add(part.component.name)
    keys = [(key.partition(":"), value) for key, value in dataset.component.defaults.items()]
    return dataset.name, {option: value for (name, colon, option), value in keys if colon and name in names}
