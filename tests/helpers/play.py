"""Small games for tests: networks, noise and an engine, without files or a registry."""

from types import SimpleNamespace

import torch

from ganzoo.interfaces.schedule import schedules_in
from ganzoo.interfaces.turn import Game, Turn
from ganzoo.recipes.settings import Settings
from ganzoo.testing.trials import FP64, Noise
from ganzoo.training.build import assemble
from ganzoo.training.networks import Form
from ganzoo.training.prepare import prepare
from ganzoo.training.sampling import Request, latents, render


def part(instance):
    """A part of a recipe that builds `instance`. Options that hold a `Schedule` change over the run."""
    schedules = {name: value for name, value in vars(instance).items() if schedules_in(value)}
    return SimpleNamespace(build=lambda: instance, schedules=schedules)


def recipe_of(architecture, terms, settings):
    for term in terms:
        term.name = term.name or type(term).__name__.lower()
    return SimpleNamespace(architecture=part(architecture), terms=[part(term) for term in terms], settings=settings)


def assembled(architecture, terms, shape, settings=None, engine=FP64, seed=0, labels=0):
    """`shape` of the samples, or the whole `Form` of the data."""
    form = shape if isinstance(shape, Form) else Form(shape, labels)
    return assemble(recipe_of(architecture, terms, settings or Settings()), form, engine, seed)


def trainer(architecture, terms, shape, settings=None, engine=FP64, seed=0, n=50, labels=0, data=None):
    """On noise of that shape, or on `data`."""
    recipe = recipe_of(architecture, terms, settings or Settings(batch=8, latent=4))
    return prepare(recipe, data or Noise(shape, n, labels), engine, seed)


def turn(d, real, fake, side="d", g=None):
    """A turn in which D is the function `d` of a batch, G gives `fake`, or `g(z)`."""
    net = SimpleNamespace(params=[], net=lambda x, y=None: {"score": d(x)}, flat=real.new_zeros(0))
    generator = SimpleNamespace(params=[], net=lambda z, y=None: fake if g is None else g(z))
    game = Game(g=generator, d=net, latent=lambda n: torch.zeros(n, 1), device=torch.device("cpu"), loss=None)
    real = real.detach().requires_grad_() if side == "d" else real
    return Turn(game, side, torch.tensor(0), real)


def draw(generator, data, latent, n, seed, batch=500):
    """n samples of random z: a function of the seed."""
    return render(generator, data, Request(latents(n, latent, seed)), seed, batch)
