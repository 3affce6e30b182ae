"""Settings, each from the highest rank that has a word on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ganzoo.recipes.choice import Chosen
from ganzoo.recipes.options import options, written
from ganzoo.recipes.settings import Settings
from ganzoo.registry.registry import Entry
from ganzoo.support.messages import listed, nearest

Said = Mapping[str, Any]
Rank = Sequence[tuple[str, Said]]
"""Sources of one rank and what they say: [("bundle wgangp", {"d_steps": 5})]."""


def settle(
    given: Said, bundles: Sequence[Entry], chosen: Sequence[Chosen], dataset: Entry | None, faults: list[str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Values and sources of all settings: given > bundle > loss > regularizers > architecture > data set > default.

    Two of one rank that disagree are a fault, unless a higher rank decides.
    """
    budget, given = _budget(given, faults)
    parts = [c.entry for c in chosen]
    ranks: list[Rank] = [[("given", given)], _rank("bundle", bundles)]
    ranks += [_rank(kind, parts) for kind in ("loss", "regularizer", "architecture")]
    ranks += [_rank("dataset", [dataset] if dataset else [])]
    values, sources = _merge(ranks, faults)
    if budget is not None:
        values["images"] = budget * values["batch"] * values["d_steps"]
        sources["images"] = f"given (steps={budget})"
    if values["batch"] % values["shards"]:
        faults.append(f"shards={values['shards']} does not divide batch={values['batch']}; change one of them")
    return values, sources


def _budget(given: Said, faults: list[str]) -> tuple[int | None, Said]:
    """`steps`, the moves of G, and the other settings."""
    if "steps" not in given:
        return None, given
    if "images" in given:
        faults.append("the budget is given twice, as images and as steps; give one")
    others = {name: value for name, value in given.items() if name != "steps"}
    try:
        return options(Settings)["images"].convert(given["steps"]), others
    except ValueError as error:
        faults.append(f"setting steps: {error}")
        return None, others


def _rank(kind: str, entries: Sequence[Entry]) -> Rank:
    """What the components of one kind recommend. A name with a colon is an option of a part, no setting."""
    of_kind = [entry for entry in entries if entry.component.kind == kind]
    return [(f"{kind} {e.name}", {k: v for k, v in e.component.defaults.items() if ":" not in k}) for e in of_kind]


def _merge(ranks: Sequence[Rank], faults: list[str]) -> tuple[dict[str, Any], dict[str, str]]:
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for rank in ranks:
        offers = _offers(rank, faults)
        for name in [name for name in offers if name not in values]:
            source, value = offers[name][0]
            if any(other != value for _, other in offers[name]):
                faults.append(_disagreement(name, offers[name]))
            values[name], sources[name] = value, source
    defaults = {option.name: option.default for option in options(Settings).values()}
    return defaults | values, dict.fromkeys(defaults, "default") | sources


def _offers(rank: Rank, faults: list[str]) -> dict[str, list[tuple[str, Any]]]:
    """Setting -> who says what about it."""
    offers: dict[str, list[tuple[str, Any]]] = {}
    for source, said in rank:
        for name, value in _convert(source, said, faults).items():
            offers.setdefault(name, []).append((source, value))
    return offers


def _convert(source: str, said: Mapping[str, Any], faults: list[str]) -> dict[str, Any]:
    """Settings as values; what is unknown or cannot be converted becomes a fault."""
    available, values = options(Settings), {}
    for name, value in said.items():
        try:
            if name not in available:
                raise ValueError(f"there is no such setting{nearest(name, available)}")
            values[name] = available[name].convert(value)
        except ValueError as error:
            faults.append(f"{'' if source == 'given' else f'{source} recommends '}setting {name}: {error}")
    return values


def _disagreement(name: str, offers: list[tuple[str, Any]]) -> str:
    said = listed([f"{source} recommends {written(value)}" for source, value in offers], "and")
    return f"setting {name}: {said}; decide with -s {name}={written(offers[0][1])}"
