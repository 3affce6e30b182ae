"""From a recipe to a game: networks, players, terms."""

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

OWN = {"g", "d", "generator", "discriminator"}
"""Names that no companion may have."""


@dataclass
class Networks:
    """G and D, and what their builders were told and chose."""

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
class Assembly:
    """A game that can begin."""

    game: Game
    terms: list[Term]
    chosen: dict[str, str]
    warnings: list[str]
    """What its terms warned of."""

    @property
    def sizes(self) -> dict[str, int]:
        """Parameters of each network."""
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
    g_spec, d_spec = (NetSpec(shape=shape, latent=settings.latent, labels=labels) for _ in range(2))
    reasons = [reason for term in terms if (reason := _refusal(term, g_spec, d_spec))]
    if reasons := [*reasons, *_group_faults(d_spec, settings.batch // settings.shards)]:
        raise Incompatible("\n".join(reasons))
    reseed(torch.device("cpu"), seed_of(seed, "weights"))
    g, d = architecture.generator(g_spec), architecture.discriminator(d_spec)
    if both := sorted(g_spec.companions.keys() & d_spec.companions.keys()):
        raise Incompatible(f"G and D both have a companion named {both[0]}; rename one")
    beside = [_companions(spec) for spec in (g_spec, d_spec)]
    if settings.batch == settings.shards and (has_batch_norm(g) or has_batch_norm(d)):
        raise Incompatible("batch normalisation needs more than one sample in a shard; raise batch, or take norm=layer")
    return Networks(g, d, g_spec, d_spec, *beside)


def _companions(spec: NetSpec) -> nn.ModuleDict:
    """What trains beside a network. Raises `Incompatible` where one needs statistics that nobody would measure."""
    made = nn.ModuleDict({name: build() for name, build in spec.companions.items()})
    if taken := sorted(OWN & made.keys()):
        raise Incompatible(f"a companion cannot be named {taken[0]}, as a network already is; rename it")
    if named := [name for name, module in made.items() if has_batch_norm(module)]:
        raise Incompatible(
            f"the companion {named[0]} normalises over the batch, and its statistics are measured for no evaluation; "
            "normalise each sample (GroupNorm, LayerNorm), or nothing"
        )
    return made


def _refusal(term: Term, g: NetSpec, d: NetSpec) -> str | None:
    try:
        term.prepare(g, d)
    except Incompatible as error:
        return f"{term.name}: {error}"
    return None


def _group_faults(d: NetSpec, samples: int) -> Iterator[str]:
    """Reasons for which D cannot judge the samples of a shard in groups."""
    if samples % d.group:
        yield f"a shard holds {samples} samples, not a multiple of the {d.group} that D judges at once; change batch"
    if d.group > 1 and (d.classes or d.heads):
        yield (
            f"D judges {d.group} samples at once (as with pack), and so no label or other output belongs to one of "
            "them; leave out the packing, or the part that asks for such an output"
        )


def assemble(recipe: Recipe, shape: tuple[int, ...], labels: int, engine: Engine, seed: int) -> Assembly:
    """Everything that a run needs before its first move, except the data. Raises `Incompatible`."""
    terms: list[Term] = [part.build() for part in recipe.terms]
    with engine.active():
        nets = networks(recipe.architecture.build(), terms, recipe.settings, shape, labels, seed)
        game = _game(nets, terms, recipe.settings, engine)
        reseed(game.device, seed_of(seed, "attach"))
        said = _attach(terms, game)
    return Assembly(game, terms, nets.chosen, said)


def _attach(terms: Sequence[Term], game: Game) -> list[str]:
    """Let every term attach. What one of them warns of reaches whoever listens, and is returned."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", GanzooWarning)
        for term in terms:
            term.attach(game)
    for one in caught:
        warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    return [str(one.message) for one in caught if issubclass(one.category, GanzooWarning)]


def _game(nets: Networks, terms: Sequence[Term], settings: Settings, engine: Engine) -> Game:
    device = torch.device(engine.device)

    def latent(n: int) -> Tensor:
        return torch.randn(n, settings.latent, device=device, dtype=engine.dtype)

    def placed(companions: nn.ModuleDict) -> nn.ModuleDict:
        return nn.ModuleDict({name: engine.place(module) for name, module in companions.items()})

    return Game(
        g=_player(engine.place(nets.g), placed(nets.g_companions), settings.lr, settings),
        d=_player(engine.place(nets.d), placed(nets.d_companions), settings.lr * settings.ttur, settings),
        latent=latent,
        device=device,
        loss=next(term for term in terms if isinstance(term, Loss)),
        classes=nets.g_spec.classes,
        autocast=engine.autocast,
        batch=settings.batch,
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
    rate = torch.tensor(lr, device=device) if captured else lr  # where a captured step reads it
    optimizer = torch.optim.Adam(params, lr=rate, betas=settings.betas, fused=fused, capturable=captured)
    return Player(net, optimizer, params, grads, flat, companions)
