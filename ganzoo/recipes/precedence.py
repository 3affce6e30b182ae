"""The value of each setting: from the command line, else from the part of the highest rank that recommends one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ganzoo.recipes.options import as_text, options
from ganzoo.recipes.parts import recommended_for
from ganzoo.recipes.selection import Selection
from ganzoo.recipes.settings import Settings
from ganzoo.registry.registry import Entry
from ganzoo.support.faults import Faults
from ganzoo.support.messages import listed, nearest

Recommendation = tuple[str, Mapping[str, Any]]
"""Who recommends which settings: ("bundle wgangp", {"d_steps": 5})."""
ELSEWHERE = {
    "d_steps": ("n_critic", "critic_iters", "d_iters", "n_dis"),
    "batch": ("batch_size", "batchsize"),
    "lr": ("learning_rate",),
    "latent": ("z_dim", "latent_dim", "nz"),
    "betas": ("beta1", "beta2"),
}
"""Setting -> what it is called in other places."""
OF_PARTS = {
    "bce:smooth=0.1": ("label_smoothing", "smooth", "smoothing"),
    "wgan+gp:weight=10": ("gradient_penalty", "gp_weight", "lambda_gp", "lambda"),
    "dcgan:norm=none": ("norm", "batchnorm", "batch_norm", "bn"),
}
"""An option of a part -> what is looked for among settings."""


def resolve_settings(
    given: Mapping[str, Any], selection: Selection, dataset: Entry | None
) -> tuple[Settings, dict[str, str]]:
    """All settings, and the source of each: given > bundle > loss > regularizers > architecture > data set > default.

    What a data set recommends with a bundle, as in "wgangp:d_steps", comes before what the bundle recommends for all
    data. Two sources of one rank that disagree are a mistake, unless a higher rank decides. Raises `SpecError` with
    all mistakes.
    """
    faults = Faults()
    steps, given = _split_budget(given, faults)
    by_kind = {
        kind: [part.entry for part in selection.of_kind(kind)] for kind in ("loss", "regularizer", "architecture")
    }
    by_kind = {"bundle": selection.bundles, **by_kind, "dataset": [dataset] if dataset else []}
    ranks = [[("given", given)]]
    ranks += [[_recommends_for(bundle, dataset) for bundle in selection.bundles]] if dataset else []
    ranks += [[_recommends(kind, entry) for entry in entries] for kind, entries in by_kind.items()]
    values, sources = _merge(ranks, faults)
    if steps is not None:
        values["images"] = steps * values["batch"] * values["d_steps"]
        sources["images"] = f"given (steps={steps})"
    if values["batch"] % values["shards"]:
        faults.add(f"shards={values['shards']} does not divide batch={values['batch']}; change one of them")
    faults.raise_if_any()
    return Settings(**values), sources


def _split_budget(given: Mapping[str, Any], faults: Faults) -> tuple[int | None, Mapping[str, Any]]:
    """`steps`, the moves of G, and the other settings."""
    if "steps" not in given:
        return None, given
    if "images" in given:
        faults.add("the budget is given twice, as images and as steps; give one")
    others = {name: value for name, value in given.items() if name != "steps"}
    try:
        return options(Settings)["images"].convert(given["steps"]), others
    except ValueError as error:
        faults.add(f"setting steps: {error}")
        return None, others


def _recommends(kind: str, entry: Entry) -> Recommendation:
    """The settings that a component recommends. A name with a colon is an option of a part, no setting."""
    settings = {name: value for name, value in entry.component.defaults.items() if ":" not in name}
    return f"{kind} {entry.name}", settings


def _recommends_for(bundle: Entry, dataset: Entry) -> Recommendation:
    return f"dataset {dataset.name} (for {bundle.name})", recommended_for(bundle, dataset)


def _merge(ranks: Sequence[Sequence[Recommendation]], faults: Faults) -> tuple[dict[str, Any], dict[str, str]]:
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for rank in ranks:
        offers: dict[str, list[tuple[str, Any]]] = {}
        for source, settings in rank:
            for name, value in convert_settings(source, settings, faults).items():
                offers.setdefault(name, []).append((source, value))
        for name in [name for name in offers if name not in values]:
            source, value = offers[name][0]
            if any(other != value for _, other in offers[name]):
                faults.add(_disagreement(name, offers[name]))
            values[name], sources[name] = value, source
    defaults = {option.name: option.default for option in options(Settings).values()}
    return defaults | values, dict.fromkeys(defaults, "default") | sources


def convert_settings(source: str, settings: Mapping[str, Any], faults: Faults) -> dict[str, Any]:
    """Settings as values. What is unknown, or cannot be converted, is a fault."""
    available, values = options(Settings), {}
    for name, value in settings.items():
        try:
            if name not in available:
                raise ValueError(f"there is no such setting{_meant(name) or nearest(name, available)}")
            values[name] = available[name].convert(value)
        except ValueError as error:
            faults.add(f"{'' if source == 'given' else f'{source} recommends '}setting {name}: {error}")
    return values


def _meant(name: str) -> str:
    """The end of a sentence about a name that is in use elsewhere; empty for any other."""
    plain = name.lower().replace("-", "_")
    setting = [f"; here it is called {own}" for own, others in ELSEWHERE.items() if plain in others]
    option = [f"; it is an option of a part, as in {own}" for own, others in OF_PARTS.items() if plain in others]
    return "".join([*setting, *option])


def _disagreement(name: str, offers: list[tuple[str, Any]]) -> str:
    recommended = listed([f"{source} recommends {as_text(value)}" for source, value in offers], "and")
    return f"setting {name}: {recommended}; decide with -s {name}={as_text(offers[0][1])}"
