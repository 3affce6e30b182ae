"""Spectral normalisation: what iterates, when, and what nothing changes."""

import pytest
import torch
from helpers.play import assembled, trainer
from helpers.replay import TapeRecorder
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from ganzoo.interfaces.networks import Companion
from ganzoo.interfaces.terms import Regularizer
from ganzoo.interfaces.turn import Turn
from ganzoo.recipes.settings import Settings
from ganzoo.testing.trials import gradients_of
from ganzoo.training.graphs import Graphed
from ganzoo.zoo.architectures.dcgan import DCGAN
from ganzoo.zoo.architectures.mlp import MLP
from ganzoo.zoo.losses import BCE, Hinge
from ganzoo.zoo.regularizers.gradient import R1
from ganzoo.zoo.regularizers.spectral import LAYERS, SpectralNorm


class Second(Regularizer):
    """One more game in each move, with a D of its own."""

    def prepare(self, g, d):
        d.companions["second"] = Companion(d.another(), judge=True)

    def turn(self, t):
        if t.by is None:
            t.beside(self, D=t.game.d.companions["second"])


def turn(game, side="d"):
    return Turn(game, side, torch.tensor(0), torch.randn(4, *SHAPE, dtype=torch.float64))


SHAPE = (3, 8, 8)
ARCHITECTURES = {"convolutions": DCGAN(width=4), "linear": MLP(width=16)}


def layers(game):
    return [m for judge in game.d.judges for m in judge.modules() if isinstance(m, LAYERS)]


def vectors(game):
    return [x.clone() for judge in game.d.judges for name, x in judge.named_buffers() if name[-2:] in ("_u", "_v")]


def changed(game, before):
    return [not torch.equal(x, y) for x, y in zip(vectors(game), before, strict=True)]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_weights_are_divided_by_their_largest_singular_value(name):
    game = (t := trainer(ARCHITECTURES[name], [Hinge(), SpectralNorm()], SHAPE)).game
    torch.manual_seed(0)  # how fast it converges depends on the weights
    for layer in layers(game):
        with torch.no_grad():
            layer.parametrizations.weight.original.normal_()
    for _ in range(2000):
        t.terms[1].turn(turn(game))
    assert len(layers(game)) >= 3
    for layer in layers(game):
        weight = layer.parametrizations.weight.original.detach()
        expected = weight / torch.linalg.svdvals(weight.flatten(1))[0]
        assert (layer.weight - expected).abs().max() < 1e-9


def test_training_keeps_every_norm_near_one():
    t = trainer(MLP(width=16), [BCE(), SpectralNorm()], (2,))
    for _ in range(60):
        t.round()
    with torch.no_grad():
        norms = torch.stack([torch.linalg.matrix_norm(layer.weight, 2) for layer in layers(t.game)])
    assert len(norms) == 4
    assert (norms - 1).abs().max() < 0.02


def test_an_iteration_is_that_of_algorithm_1():
    game = (t := trainer(MLP(width=8), [BCE(), SpectralNorm()], SHAPE)).game
    for layer in layers(game):
        layer.parametrizations.weight.original.data.normal_()
    before = vectors(game)[::2]
    t.terms[1].turn(turn(game))
    for layer, u in zip(layers(game), before, strict=True):
        w = layer.parametrizations.weight.original
        v = w.T @ u / (w.T @ u).norm()
        u = w @ v / (w @ v).norm()
        assert torch.allclose(layer.weight, w / (u @ w @ v), rtol=1e-12)


def test_an_update_of_d_has_one_iteration_and_nothing_else_has_any():
    """Also of D's that judge in games beside: once, and not once a game."""
    t = trainer(DCGAN(width=4), [Hinge(), SpectralNorm(), R1(), Second()], SHAPE)
    for layer in layers(t.game):
        layer.parametrizations.weight.original.data.normal_()
    once = trainer(DCGAN(width=4), [Hinge(), SpectralNorm(), R1(), Second()], SHAPE)
    for mine, theirs in zip(t.game.d.judges, once.game.d.judges, strict=True):
        theirs.load_state_dict(mine.state_dict())
    once.terms[1].turn(turn(once.game))
    before = vectors(t.game)
    gradients_of(t, "d")
    assert not any(changed(once.game, vectors(t.game)))
    assert sum(changed(t.game, before)) >= len(before) - 2  # of one output, u is 1
    before = vectors(t.game)
    gradients_of(t, "g")
    turn(t.game).real_out  # noqa: B018
    with torch.no_grad():
        t.game.d.net.eval()(torch.randn(2, *SHAPE, dtype=torch.float64))
    assert not any(changed(t.game, before))


def test_no_weight_is_stale():
    """Whoever calls D after W has changed, with or without gradients, divides W as it is now."""
    t = trainer(MLP(width=8), [BCE(), SpectralNorm()], (2,), Settings(batch=8, latent=4, lr=1e-1))
    x = torch.randn(4, 2, dtype=torch.float64)
    stored = {name: 2 * x for name, x in t.game.d.net.state_dict().items()}
    for change in (lambda: t.play("d"), lambda: t.game.d.net.load_state_dict(stored), lambda: gradients_of(t, "d")):
        with torch.no_grad():
            t.game.d.net(x)
        change()
        for layer in layers(t.game):
            parts = layer.parametrizations.weight
            w, norm = parts.original, parts[0].norm
            assert torch.equal(layer.weight, w / torch.dot(norm._u, w @ norm._v))
            with torch.no_grad():
                assert torch.equal(layer.weight, w / torch.dot(norm._u, w @ norm._v))


def test_graphs_iterate_as_often():
    made = [trainer(DCGAN(width=4), [Hinge(), SpectralNorm()], SHAPE) for _ in range(2)]
    made[0].execution = Graphed(TapeRecorder(), warm=1)
    for t in made:
        for _ in range(4):
            t.round()
    assert not any(changed(made[0].game, vectors(made[1].game)))


def test_vectors_that_torch_stored_are_read():
    """Version 1 used torch's parametrization, whose vectors stored runs hold."""
    game = assembled(DCGAN(width=4), [Hinge(), SpectralNorm()], SHAPE).game
    before = assembled(DCGAN(width=4), [Hinge()], SHAPE).game.d.net
    for layer in [m for m in before.modules() if isinstance(m, LAYERS)]:
        norms = spectral_norm(layer).parametrizations.weight
        wrapped = nn.Module()
        wrapped.add_module("norm", norms[0])
        norms._modules["0"] = wrapped
    stored = before.state_dict()
    game.d.net.load_state_dict(stored)
    assert stored.keys() == game.d.net.state_dict().keys()
    assert any(name.endswith("parametrizations.weight.0.norm._u") for name in stored)


def test_g_is_left_alone():
    built = assembled(MLP(width=16), [BCE(), SpectralNorm()], (2,))
    assert not any(hasattr(m, "parametrizations") for m in built.game.g.net.modules())
