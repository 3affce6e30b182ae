"""Modules that train beside a network: one optimizer, one buffer, saved and resumed, and read from a finished run."""

import sys
from dataclasses import dataclass

import pytest
import torch
from helpers.play import FP64, assembled, trainer
from torch import nn

import ganzoo
from ganzoo.recipes.settings import Settings
from ganzoo.zoo.architectures.mlp import MLP
from ganzoo.zoo.losses import BCE

FILE = '''
from dataclasses import dataclass
from torch import nn
import ganzoo


@ganzoo.hookimpl
def ganzoo_components():
    return [ganzoo.Component(kind="regularizer", name="inverse", target="inverse:Inverse")]


@dataclass(kw_only=True)
class Inverse(ganzoo.Regularizer):
    """E learns to invert G."""

    def prepare(self, g, d):
        g.companions["inverse"] = lambda: nn.Linear(2, g.latent)

    def g(self, t):
        return (t.game.g.companions["inverse"](t.fake) - t.z).square().mean()
'''


@dataclass(kw_only=True)
class Beside(ganzoo.Regularizer):
    """A companion of each player, built by `make`, that each player draws towards zero."""

    make: object = None
    names: tuple = ("a", "b")

    def prepare(self, g, d):
        for spec, name in zip((g, d), self.names, strict=True):
            spec.companions[name] = self.make

    def g(self, t):
        return t.game.g.companions["a"](t.fake).square().mean()

    def d(self, t):
        return t.game.d.companions["b"](t.fake).square().mean()


def linear():
    return nn.Linear(2, 3)


def weights(net):
    return [p.detach().clone() for p in net.parameters()]


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_companion_moves_with_its_player_and_with_no_other():
    t = trainer(MLP(width=8), [BCE(), Beside(make=linear)], (2,))
    for side, name, other, others in (("g", "a", "d", "b"), ("d", "b", "g", "a")):
        mine = t.players[side].companions[name], t.players[other].companions[others]
        before = [weights(m) for m in mine]
        t.play(side)
        assert not same(before[0], weights(mine[0]))
        assert same(before[1], weights(mine[1]))


def test_one_buffer_holds_the_gradients_of_both_and_the_networks_come_first():
    alone = assembled(MLP(width=8), [BCE()], (2,), engine=FP64)
    both = assembled(MLP(width=8), [BCE(), Beside(make=linear)], (2,), engine=FP64)
    for side in ("g", "d"):
        one, player = getattr(alone.game, side), getattr(both.game, side)
        assert same(one.params, player.params[: len(one.params)])
        assert len(player.flat) == len(one.flat) + 9
        assert both.parameters[side] == alone.parameters[side] + 9
        assert all(p.dtype == torch.float64 for p in player.params)
    assert list(alone.game.g.companions) == []


def test_their_weights_are_a_function_of_the_seed():
    def made(seed):
        return weights(assembled(MLP(width=8), [BCE(), Beside(make=linear)], (2,), seed=seed).game.g.companions)

    assert same(made(1), made(1))
    assert not same(made(1), made(2))


@pytest.mark.parametrize(
    ("make", "names", "said"),
    [
        (linear, ("g", "b"), "a companion cannot be named g, as a network already is; rename it"),
        (lambda: nn.BatchNorm1d(2), ("a", "b"), "the companion a normalises over the batch, .* normalise each sample"),
        (linear, ("a", "a"), "G and D both have a companion named a; rename one"),
    ],
)
def test_what_cannot_be_saved_or_evaluated_is_refused(make, names, said):
    with pytest.raises(ganzoo.Incompatible, match=said):
        assembled(MLP(width=8), [BCE(), Beside(make=make, names=names)], (2,), Settings(batch=8, latent=4))


@pytest.fixture
def known(tmp_path):
    from ganzoo.registry import registry

    (tmp_path / "inverse.py").write_text(FILE)
    with registry.using([tmp_path / "inverse.py"]):
        yield
    sys.modules.pop("inverse", None)


@pytest.mark.usefixtures("known")
def test_a_stopped_run_goes_on_exactly_and_gives_its_companion(tmp_path):
    def run(out, images):
        more = {"out": tmp_path / out, "batch": 16, "decay": "none", "device": "cpu"}
        return ganzoo.run("mlp:width=8+bce+inverse@ring8", images=images, **more)

    whole, parts = run("whole", 640), [run("parts", images) for images in (320, 640)][-1]
    found = whole.network("inverse"), parts.network("inverse")
    assert same(*map(weights, found))
    assert not found[0].training
    assert not any(p.requires_grad for p in found[0].parameters())
    assert same(*(weights(run.network("discriminator")) for run in (whole, parts)))
    assert whole.network("generator") is whole.generator
    assert whole.result.parameters["g"] == sum(
        p.numel() for net in (whole.generator, found[0]) for p in net.parameters()
    )
    with pytest.raises(ganzoo.RunError, match=r"has no network 'invers'; nearest: inverse"):
        whole.network("invers")


@pytest.mark.usefixtures("known")
def test_a_checkpoint_whose_companion_is_damaged_does_not_count(tmp_path):
    run = ganzoo.run("mlp:width=8+bce+inverse@ring8", images=320, out=tmp_path / "run", batch=16, device="cpu")
    newest = run.folder.checkpoints.newest()
    (newest / "inverse.safetensors").write_bytes(b"")
    with pytest.warns(ganzoo.GanzooWarning, match="inverse.safetensors has 0 bytes"):
        assert run.folder.checkpoints.newest() < newest


def test_a_discriminator_judges_as_it_did_in_training(tmp_path):
    """Its BatchNorm holds no statistics: each batch is normalised by itself, also when it is read back."""
    run = ganzoo.run("dcgan:width=4+bce@digits", steps=5, batch=16, device="cpu", out=tmp_path / "run")
    d = run.network("discriminator")
    x = torch.rand(32, 1, 8, 8) * 2 - 1
    before = {name: value.clone() for name, value in d.state_dict().items()}
    scores = d(x)["score"]
    assert not d.training
    assert torch.equal(scores, d.train()(x)["score"])
    assert all(torch.equal(value, before[name]) for name, value in d.state_dict().items())
