"""From an architecture, terms and the form of the data to networks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from inspect import signature

import torch
from torch import nn

from ganzoo.interfaces.datasets import Dataset
from ganzoo.interfaces.networks import Architecture, Companion, NetSpec
from ganzoo.interfaces.terms import Term
from ganzoo.recipes.settings import Settings
from ganzoo.support.errors import Incompatible
from ganzoo.support.seeds import seed_of
from ganzoo.training.engine import reseed
from ganzoo.zoo.nn.norm import has_batch_norm

RESERVED = {"g", "d", "generator", "discriminator"}
"""Names that no companion may have."""


@dataclass(frozen=True)
class Form:
    """What networks must know of the data."""

    shape: tuple[int, ...]
    """Of one sample, as networks see it."""
    labels: int = 0
    source: tuple[int, ...] | None = None
    """Of what is given with a sample; None if nothing is."""
    paired: bool = True

    @classmethod
    def of(cls, data: Dataset) -> Form:
        """The form of a data set."""
        return cls(data.shape, data.labels, data.source, data.source is None or data.train.paired)


@dataclass
class Companions:
    """The modules that train with one network, by name."""

    modules: nn.ModuleDict
    asked: dict[str, Companion]


@dataclass
class Networks:
    """G and D, their companions, and the specs that they were built from."""

    g: nn.Module
    d: nn.Module
    g_spec: NetSpec
    d_spec: NetSpec
    g_companions: Companions
    d_companions: Companions

    @property
    def chosen(self) -> dict[str, str]:
        """What the builders chose where an option left it open: {"d.norm": "batch"}."""
        sides = {"g": self.g_spec, "d": self.d_spec}
        return {f"{side}.{name}": value for side, spec in sides.items() for name, value in spec.chosen.items()}


def networks(
    architecture: Architecture,
    terms: Sequence[Term],
    settings: Settings,
    form: Form,
    seed: int,
) -> Networks:
    """Let every term edit the specs, then build. Weights are a function of the seed, drawn on the CPU.

    Raises `Incompatible` with all the reasons at once.
    """
    samples = settings.batch // settings.shards
    g_spec, d_spec = (
        NetSpec(
            shape=form.shape,
            latent=settings.latent,
            labels=form.labels,
            source=form.source,
            paired=form.paired,
            batch=samples,
            build=build,
        )
        for build in (architecture.generator, architecture.discriminator)
    )
    reasons = [reason for term in terms if (reason := _refusal(term, g_spec, d_spec))]
    if reasons := [*reasons, *_group_faults(d_spec)]:
        raise Incompatible("\n".join(reasons))
    if d_spec.given:  # packed as samples are
        d_spec.given = (d_spec.group * d_spec.given[0], *d_spec.given[1:])
    reseed(torch.device("cpu"), seed_of(seed, "weights"))
    g, d = architecture.generator(g_spec), architecture.discriminator(d_spec)
    if reasons := [*_given_faults(g_spec, g, "G"), *_given_faults(d_spec, d, "D")]:
        raise Incompatible("\n".join(reasons))
    if shared := sorted(g_spec.companions.keys() & d_spec.companions.keys()):
        raise Incompatible(f"G and D both have a companion named {shared[0]}; rename one")
    companions = [_build_companions(spec) for spec in (g_spec, d_spec)]
    if reasons := [*_norm_faults("G", g, g_spec, settings), *_norm_faults("D", d, d_spec, settings)]:
        raise Incompatible("\n".join(reasons))
    return Networks(g, d, g_spec, d_spec, *companions)


def _build_companions(spec: NetSpec) -> Companions:
    """The modules that train with a network. Raises `Incompatible` for one that normalises over the batch."""
    asked = {name: c if isinstance(c, Companion) else Companion(c) for name, c in spec.companions.items()}
    modules = nn.ModuleDict({name: companion.build() for name, companion in asked.items()})
    for name, companion in asked.items():
        if companion.pace != 1.0:
            modules[name].pace = companion.pace * getattr(modules[name], "pace", 1.0)  # type: ignore[assignment]
    if reserved := sorted(RESERVED & modules.keys()):
        raise Incompatible(f"a companion cannot be named {reserved[0]}, as a network already is; rename it")
    if normalised := [name for name, module in modules.items() if has_batch_norm(module) and not asked[name].judge]:
        raise Incompatible(
            f"the companion {normalised[0]} normalises over the batch, but its statistics are not measured before an "
            "evaluation; normalise each sample (GroupNorm, LayerNorm), or nothing"
        )
    return Companions(modules, asked)


def _norm_faults(name: str, net: nn.Module, spec: NetSpec, settings: Settings) -> Iterator[str]:
    """The reason for which a network cannot normalise over the batch: it would be given one row at a time."""
    if settings.batch // settings.shards == spec.group and has_batch_norm(net):
        rows = "sample" if spec.group == 1 else f"group of {spec.group} samples, which it judges together,"
        more = "raise batch" if settings.shards == 1 else "raise batch, lower shards"
        option = "norm=layer" if name == "D" else "g_norm=layer (where there is no g_norm, norm=layer)"
        yield (
            f"{name} has batch normalisation, which needs more than one {rows} in a shard; {more}, or write {option}"
        )


def _given_faults(spec: NetSpec, net: nn.Module, name: str) -> Iterator[str]:
    """Reasons for which a network cannot take what it should be given."""
    if not spec.given:
        return
    if not spec.source:
        yield f"{name} takes what is given with a sample, but with this data nothing is; use other data"
    try:
        signature(net.forward).bind(None, None, None)
    except TypeError:
        yield f"{name} should take what is given with a sample, but its architecture cannot; use another architecture"
    if name == "D" and not spec.paired:
        yield (
            "D judges each sample beside what belongs to it, but this data is not paired; leave out the part that "
            "gives it to D, or use paired data"
        )
    if spec.group > 1 and spec.given[1:] != spec.shape[1:]:
        yield "D cannot judge packs where a sample and what is given have different sizes; leave out the packing"


def _refusal(term: Term, g: NetSpec, d: NetSpec) -> str | None:
    try:
        term.prepare(g, d)
    except Incompatible as error:
        return f"{term.name}: {error}"
    return None


def _group_faults(d: NetSpec) -> Iterator[str]:
    """Reasons for which D cannot judge the samples of a shard in groups."""
    if d.batch % d.group:
        yield f"a shard holds {d.batch} samples, not a multiple of the {d.group} that D judges together; change batch"
    if d.group > 1 and (d.classes or d.heads):
        yield (
            f"D judges {d.group} samples together (as with pack), so that no label or other output belongs to a single "
            "sample; leave out the packing, or the part that asks for such an output"
        )
