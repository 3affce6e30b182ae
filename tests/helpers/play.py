"""A tiny game for tests: networks, data and engine, without files or a registry."""

from types import SimpleNamespace

import torch

from ganzoo.interfaces.datasets import Split
from ganzoo.interfaces.networks import Player
from ganzoo.interfaces.terms import Game, Turn
from ganzoo.recipes.settings import Settings
from ganzoo.training.build import assemble
from ganzoo.training.engine import Engine
from ganzoo.training.prepare import prepare

FP64 = Engine(device="cpu", threads=1, layout="contiguous", precision="fp64")


class Noise:
    """A data set of random images or points, whose labels take turns."""

    def __init__(self, shape, n=50, labels=0):
        generator = torch.Generator().manual_seed(5)
        self.shape, self.labels, self.name = shape, labels, "noise"
        x = torch.randint(0, 256, (n, *shape), generator=generator, dtype=torch.uint8)
        self.train = Split(x, torch.arange(n) % labels if labels else None)

    def encode(self, x):
        return x.float() / 127.5 - 1


def part(built):
    return SimpleNamespace(build=lambda: built)


def recipe_of(architecture, terms, settings):
    for term in terms:
        term.name = term.name or type(term).__name__.lower()
    return SimpleNamespace(architecture=part(architecture), terms=[part(term) for term in terms], settings=settings)


def assembled(architecture, terms, shape, settings=None, engine=FP64, seed=0, labels=0):
    return assemble(recipe_of(architecture, terms, settings or Settings()), shape, labels, engine, seed)


def trainer(architecture, terms, shape, settings=None, engine=FP64, seed=0, n=50, labels=0):
    recipe = recipe_of(architecture, terms, settings or Settings(batch=8, latent=4))
    return prepare(recipe, Noise(shape, n, labels), engine, seed)


def turn(d, real, fake, side="d", g=None):
    """A turn in which D is the function `d` of a batch, G gives `fake`, or `g(z)`."""
    net = SimpleNamespace(params=[], net=lambda x, y=None: {"score": d(x)}, flat=real.new_zeros(0))
    generator = SimpleNamespace(params=[], net=lambda z, y=None: fake if g is None else g(z))
    game = Game(g=generator, d=net, latent=lambda n: torch.zeros(n, 1), device=torch.device("cpu"), loss=None)
    real = real.detach().requires_grad_() if side == "d" else real
    return Turn(game, side, torch.tensor(0), real)


__all__ = ["FP64", "Game", "Noise", "Player", "assembled", "part", "trainer", "turn"]
