"""From a recipe to networks, players and terms."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from ganzoo.interfaces.datasets import Dataset
from ganzoo.interfaces.networks import Architecture, Companion, NetSpec, Player
from ganzoo.interfaces.terms import Loss, Term
from ganzoo.interfaces.turn import Game, Side
from ganzoo.recipes.recipe import Recipe
from ganzoo.recipes.settings import Settings
from ganzoo.support.errors import GanzooWarning, Incompatible
from ganzoo.support.seeds import seed_of
from ganzoo.training.engine import Engine, reseed
from ganzoo.zoo.nn.norm import freeze_statistics, has_batch_norm

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


@dataclass
class Assembled:
    """Players and terms that are ready for their first move."""

    game: Game
    terms: list[Term]
    chosen: dict[str, str]
    """What the builders chose where an option left it open: {"d.norm": "batch"}."""
    warnings: list[str]
    """Warnings that its terms raised."""
    averaged: dict[str, nn.Module] = field(default_factory=dict)
    """The companions that are averaged, as G is."""

    @property
    def parameters(self) -> dict[str, int]:
        """Number of parameters of each player."""
        return {"g": sum(p.numel() for p in self.game.g.params), "d": sum(p.numel() for p in self.game.d.params)}


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
    if reasons := [*_given_faults(g_spec, d_spec)]:
        raise Incompatible("\n".join(reasons))
    if shared := sorted(g_spec.companions.keys() & d_spec.companions.keys()):
        raise Incompatible(f"G and D both have a companion named {shared[0]}; rename one")
    companions = [_build_companions(spec) for spec in (g_spec, d_spec)]
    if settings.batch == settings.shards and (has_batch_norm(g) or has_batch_norm(d)):
        raise Incompatible("batch normalisation needs more than one sample in a shard; raise batch, or use norm=layer")
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


def _given_faults(g: NetSpec, d: NetSpec) -> Iterator[str]:
    """Reasons for which networks cannot take what they should be given."""
    for name, spec in (("G", g), ("D", d)):
        if spec.given and not spec.source:
            yield f"{name} takes what is given with a sample, but with this data nothing is; use other data"
    if d.given and not d.paired:
        yield (
            "D judges each sample beside what belongs to it, but this data is not paired; leave out the part that "
            "gives it to D, or use paired data"
        )
    if d.given and d.group > 1 and d.given[1:] != d.shape[1:]:
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


def assemble(recipe: Recipe, form: Form, engine: Engine, seed: int) -> Assembled:
    """Networks, players and terms of a recipe, for data of that form. Raises `Incompatible`."""
    terms: list[Term] = [part.build() for part in recipe.terms]
    with engine.active():
        nets = networks(recipe.architecture.build(), terms, recipe.settings, form, seed)
        game = _game(nets, terms, recipe.settings, engine)
        reseed(game.device, seed_of(seed, "attach"))
        raised = _attach(terms, game)
    companions = [(nets.g_companions, game.g), (nets.d_companions, game.d)]
    averaged = {
        name: player.companions[name] for c, player in companions for name, asked in c.asked.items() if asked.averaged
    }
    return Assembled(game, terms, nets.chosen, raised, averaged)


def _attach(terms: Sequence[Term], game: Game) -> list[str]:
    """Let every term attach. Warnings that they raise are raised again, and returned. Raises `Incompatible`."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", GanzooWarning)
        for term in terms:
            latent = game.latent
            term.attach(game)
            if game.latent is not latent:
                raise Incompatible(
                    f"{term.name} replaces game.latent, but samples are drawn from a standard normal z; let G "
                    "transform z in its first layer instead"
                )
    for warning in caught:
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    return [str(warning.message) for warning in caught if issubclass(warning.category, GanzooWarning)]


def _game(nets: Networks, terms: Sequence[Term], settings: Settings, engine: Engine) -> Game:
    device = torch.device(engine.device)

    def latent(n: int) -> Tensor:
        return torch.randn(n, settings.latent, device=device, dtype=engine.dtype)

    def place_all(companions: Companions) -> Companions:
        modules = {name: engine.place(module) for name, module in companions.modules.items()}
        return Companions(nn.ModuleDict(modules), companions.asked)

    specs: dict[Side, NetSpec] = {"g": nets.g_spec, "d": nets.d_spec}
    return Game(
        g=_player(engine.place(nets.g), place_all(nets.g_companions), settings.lr, settings),
        d=_player(engine.place(nets.d), place_all(nets.d_companions), settings.lr * settings.ttur, settings),
        latent=latent,
        device=device,
        loss=next(term for term in terms if isinstance(term, Loss)),
        classes=nets.g_spec.classes,
        autocast=engine.autocast,
        batch=settings.batch,
        group=nets.d_spec.group,
        takes=frozenset(side for side, spec in specs.items() if spec.given),
    )


def _player(net: nn.Module, companions: Companions, lr: float, settings: Settings) -> Player:
    freeze_statistics(net)
    freeze_statistics(companions.modules)
    params = [p for module in (net, companions.modules) for p in module.parameters() if p.requires_grad]
    flat = torch.zeros(sum(p.numel() for p in params), dtype=params[0].dtype, device=params[0].device)
    parts = torch.split(flat, [p.numel() for p in params])
    grads = [part.as_strided(p.shape, p.stride(), part.storage_offset()) for part, p in zip(parts, params, strict=True)]
    for p, grad in zip(params, grads, strict=True):
        p.grad = grad
    device = params[0].device
    fused, captured = device.type in ("cpu", "cuda", "mps"), device.type == "cuda"
    rate = torch.tensor(lr, device=device) if captured else lr  # a captured step reads it from the device
    optimizer = torch.optim.Adam(params, lr=rate, betas=settings.betas, fused=fused, capturable=captured)
    judging = frozenset(name for name, companion in companions.asked.items() if companion.judge)
    return Player(net, optimizer, params, grads, flat, companions.modules, judging)
