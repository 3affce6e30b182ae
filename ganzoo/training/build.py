"""From a recipe to networks, players and terms."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ganzoo.interfaces.networks import Architecture, NetSpec, Player
from ganzoo.interfaces.terms import Game, Loss, Term
from ganzoo.recipes.recipe import Recipe
from ganzoo.recipes.settings import Settings
from ganzoo.support.errors import GanzooWarning, Incompatible
from ganzoo.support.seeds import seed_of
from ganzoo.training.engine import Engine, reseed
from ganzoo.zoo.nn.norm import freeze_statistics, has_batch_norm

RESERVED = {"g", "d", "generator", "discriminator"}
"""Names that no companion may have."""


@dataclass
class Networks:
    """G and D, their companions, and the specs that they were built from."""

    g: nn.Module
    d: nn.Module
    g_spec: NetSpec
    d_spec: NetSpec
    g_companions: nn.ModuleDict
    d_companions: nn.ModuleDict

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

    @property
    def parameters(self) -> dict[str, int]:
        """Number of parameters of each player."""
        return {"g": sum(p.numel() for p in self.game.g.params), "d": sum(p.numel() for p in self.game.d.params)}


def networks(
    architecture: Architecture,
    terms: Sequence[Term],
    settings: Settings,
    shape: tuple[int, ...],
    labels: int,
    seed: int,
) -> Networks:
    """Let every term edit the specs, then build. Weights are a function of the seed, drawn on the CPU.

    Raises `Incompatible` with all the reasons at once.
    """
    samples = settings.batch // settings.shards
    g_spec, d_spec = (NetSpec(shape=shape, latent=settings.latent, labels=labels, batch=samples) for _ in range(2))
    reasons = [reason for term in terms if (reason := _refusal(term, g_spec, d_spec))]
    if reasons := [*reasons, *_group_faults(d_spec)]:
        raise Incompatible("\n".join(reasons))
    reseed(torch.device("cpu"), seed_of(seed, "weights"))
    g, d = architecture.generator(g_spec), architecture.discriminator(d_spec)
    if shared := sorted(g_spec.companions.keys() & d_spec.companions.keys()):
        raise Incompatible(f"G and D both have a companion named {shared[0]}; rename one")
    companions = [_build_companions(spec) for spec in (g_spec, d_spec)]
    if settings.batch == settings.shards and (has_batch_norm(g) or has_batch_norm(d)):
        raise Incompatible("batch normalisation needs more than one sample in a shard; raise batch, or use norm=layer")
    return Networks(g, d, g_spec, d_spec, *companions)


def _build_companions(spec: NetSpec) -> nn.ModuleDict:
    """The modules that train beside a network. Raises `Incompatible` for one that normalises over the batch."""
    modules = nn.ModuleDict({name: build() for name, build in spec.companions.items()})
    if reserved := sorted(RESERVED & modules.keys()):
        raise Incompatible(f"a companion cannot be named {reserved[0]}, as a network already is; rename it")
    if normalised := [name for name, module in modules.items() if has_batch_norm(module)]:
        raise Incompatible(
            f"the companion {normalised[0]} normalises over the batch, but its statistics are not measured before an "
            "evaluation; normalise each sample (GroupNorm, LayerNorm), or nothing"
        )
    return modules


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


def assemble(recipe: Recipe, shape: tuple[int, ...], labels: int, engine: Engine, seed: int) -> Assembled:
    """Networks, players and terms of a recipe, for samples of that shape. Raises `Incompatible`."""
    terms: list[Term] = [part.build() for part in recipe.terms]
    with engine.active():
        nets = networks(recipe.architecture.build(), terms, recipe.settings, shape, labels, seed)
        game = _game(nets, terms, recipe.settings, engine)
        reseed(game.device, seed_of(seed, "attach"))
        raised = _attach(terms, game)
    return Assembled(game, terms, nets.chosen, raised)


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

    def place_all(companions: nn.ModuleDict) -> nn.ModuleDict:
        return nn.ModuleDict({name: engine.place(module) for name, module in companions.items()})

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
    )


def _player(net: nn.Module, companions: nn.ModuleDict, lr: float, settings: Settings) -> Player:
    freeze_statistics(net)
    params = [p for module in (net, companions) for p in module.parameters() if p.requires_grad]
    flat = torch.zeros(sum(p.numel() for p in params), dtype=params[0].dtype, device=params[0].device)
    parts = torch.split(flat, [p.numel() for p in params])
    grads = [part.as_strided(p.shape, p.stride(), part.storage_offset()) for part, p in zip(parts, params, strict=True)]
    for p, grad in zip(params, grads, strict=True):
        p.grad = grad
    device = params[0].device
    fused, captured = device.type in ("cpu", "cuda", "mps"), device.type == "cuda"
    rate = torch.tensor(lr, device=device) if captured else lr  # a captured step reads it from the device
    optimizer = torch.optim.Adam(params, lr=rate, betas=settings.betas, fused=fused, capturable=captured)
    return Player(net, optimizer, params, grads, flat, companions)
