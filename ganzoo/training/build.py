"""From a recipe to players and terms that are ready for their first move."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from ganzoo.interfaces.networks import NetSpec, Player
from ganzoo.interfaces.schedule import first
from ganzoo.interfaces.terms import Loss, Term
from ganzoo.interfaces.turn import Game, Side
from ganzoo.recipes.recipe import Recipe
from ganzoo.recipes.settings import Settings
from ganzoo.support.errors import GanzooWarning, Incompatible
from ganzoo.support.seeds import seed_of
from ganzoo.training.engine import Engine, reseed
from ganzoo.training.networks import Companions, Form, Networks, networks
from ganzoo.training.pace import groups
from ganzoo.training.schedules import Scheduled, hold
from ganzoo.zoo.nn.norm import freeze_statistics


@dataclass
class Assembled:
    """Players and terms that are ready for their first move."""

    game: Game
    terms: list[Term]
    chosen: dict[str, str]
    """What the builders chose where an option left it open: {"d.norm": "batch"}."""
    warnings: list[str]
    """Warnings that its terms raised."""
    scheduled: list[Scheduled]
    """Options of terms that change over the run."""
    averaged: dict[str, nn.Module] = field(default_factory=dict)
    """The companions that are averaged, as G is."""

    @property
    def parameters(self) -> dict[str, int]:
        """Number of parameters of each player."""
        return {"g": sum(p.numel() for p in self.game.g.params), "d": sum(p.numel() for p in self.game.d.params)}


def assemble(recipe: Recipe, form: Form, engine: Engine, seed: int) -> Assembled:
    """Networks, players and terms of a recipe, for data of that form. Raises `Incompatible`."""
    terms: list[Term] = [part.build() for part in recipe.terms]
    with engine.active():
        nets = networks(recipe.architecture.build(), terms, recipe.settings, form, seed)
        game = _game(nets, terms, recipe.settings, engine)
        pairs = zip(terms, recipe.terms, strict=True)
        scheduled = [each for term, part in pairs for each in hold(term, part.schedules, game.d.flat)]
        reseed(game.device, seed_of(seed, "attach"))
        raised = _attach(terms, game)
    companions = [(nets.g_companions, game.g), (nets.d_companions, game.d)]
    averaged = {
        name: player.companions[name] for c, player in companions for name, asked in c.asked.items() if asked.averaged
    }
    return Assembled(game, terms, nets.chosen, raised, scheduled, averaged)


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
    lr, ttur = first(settings.lr), first(settings.ttur)
    timed = any(term.uses_progress for term in terms)
    return Game(
        g=_player(engine.place(nets.g), place_all(nets.g_companions), lr, settings),
        d=_player(engine.place(nets.d), place_all(nets.d_companions), lr * ttur, settings),
        latent=latent,
        device=device,
        loss=next(term for term in terms if isinstance(term, Loss)),
        classes=nets.g_spec.classes,
        autocast=engine.autocast,
        batch=settings.batch,
        group=nets.d_spec.group,
        takes=frozenset(side for side, spec in specs.items() if spec.given),
        progress=torch.zeros((), device=device, dtype=engine.dtype) if timed else None,
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

    def rate(pace: float) -> Tensor | float:
        return torch.tensor(lr * pace, device=device) if captured else lr * pace  # a captured step reads it there

    by_pace, betas = groups((net, companions.modules), params, rate), first(settings.betas)
    optimizer = torch.optim.Adam(by_pace, lr=rate(1.0), betas=betas, fused=fused, capturable=captured)
    judging = frozenset(name for name, companion in companions.asked.items() if companion.judge)
    return Player(net, optimizer, params, grads, flat, companions.modules, judging)
