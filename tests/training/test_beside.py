"""A second game in the same move, by the rules of the first; companions that judge, or are averaged."""

import sys
from dataclasses import dataclass, replace

import pytest
import torch
from helpers.play import FP64, assembled, trainer
from torch import nn
from torch.nn.utils.parametrize import is_parametrized

import ganzoo
from ganzoo.interfaces.networks import Companion, NetSpec
from ganzoo.interfaces.terms import Regularizer
from ganzoo.recipes.settings import Settings
from ganzoo.support.errors import Incompatible
from ganzoo.testing.trials import gradients_of
from ganzoo.training.batches import Batch
from ganzoo.training.compiled import Compiled
from ganzoo.training.gradients import gradients
from ganzoo.zoo.architectures.dcgan import DCGAN
from ganzoo.zoo.architectures.mlp import MLP
from ganzoo.zoo.losses import BCE, WGAN, RpGAN
from ganzoo.zoo.regularizers.ada import ADA
from ganzoo.zoo.regularizers.gradient import R1, GradientPenalty
from ganzoo.zoo.regularizers.ortho import Orthogonal
from ganzoo.zoo.regularizers.score_penalties import LeCam
from ganzoo.zoo.regularizers.spectral import SpectralNorm

FILE = '''
from dataclasses import dataclass
import ganzoo


@ganzoo.hookimpl
def ganzoo_components():
    return [ganzoo.Component(kind="regularizer", name="critics", target="critics:Critics")]


@dataclass(kw_only=True)
class Critics(ganzoo.Regularizer):
    """G plays against two Ds, the second of which is averaged (GMAN, Durugkar et al. 2017)."""

    capturable = True

    def prepare(self, g, d):
        d.companions["second"] = ganzoo.Companion(d.another(), judge=True, averaged=True)

    def turn(self, t):
        if t.by is None:
            t.beside(self, D=t.game.d.companions["second"], fake=t.fake)
'''


@dataclass(kw_only=True)
class Critics(Regularizer):
    """As above."""

    averaged: bool = False
    capturable = True

    def prepare(self, g, d):
        d.companions["second"] = Companion(d.another(), judge=True, averaged=self.averaged)

    def turn(self, t):
        if t.by is None:
            t.beside(self, D=t.game.d.companions["second"], fake=t.fake)


def move(t, side="d"):
    """Gradients of a move by parameter, networks first."""
    torch.manual_seed(0)
    grads, values = gradients(t.game, t.terms, t.terms, side, torch.tensor(0), Batch(t.batches(side, 0, 8).x))
    return grads, values


def second_of(t):
    return t.game.d.companions["second"]


LOSSES = {"bce": [BCE], "rpgan+r1": [RpGAN, R1], "wgan+gp": [WGAN, GradientPenalty], "bce+lecam": [BCE, LeCam]}


@pytest.mark.parametrize("terms", LOSSES.values(), ids=LOSSES)
def test_each_judge_learns_as_if_it_were_alone(terms):
    """The gradient of each D is that of a game in which it is the only one: every penalty reaches it."""
    both = trainer(MLP(width=8), [*(term() for term in terms), Critics()], (2,))
    grads, values = move(both)
    half = len(grads) // 2
    for judge, own in ((both.game.d.net, grads[:half]), (second_of(both), grads[half:])):
        alone, plain = (trainer(MLP(width=8), [term() for term in some], (2,)) for some in (terms, terms[:1]))
        for t in (alone, plain):
            t.game.d.net.load_state_dict(judge.state_dict())
        if judge is second_of(both) and terms[-1] in (GradientPenalty, LeCam):
            # a penalty draws other mixtures for it, and LeCam compares with the averages of the first
            assert not any(torch.allclose(a, b) for a, b in zip(own[::2], move(plain)[0][::2], strict=True))
        else:
            assert all(torch.allclose(a, b, atol=1e-10) for a, b in zip(own, move(alone)[0], strict=True))
    assert {name.split("/")[1] for name in values} >= {both.terms[0].name}


def test_g_minimises_the_sum_over_games():
    both = trainer(MLP(width=8), [BCE(), Critics()], (2,))
    total, values = move(both, "g")
    parts = []
    for judge in (both.game.d.net, second_of(both)):
        alone = trainer(MLP(width=8), [BCE()], (2,))
        alone.game.d.net.load_state_dict(judge.state_dict())
        parts.append(move(alone, "g"))
    for grad, a, b in zip(total, parts[0][0], parts[1][0], strict=True):
        assert torch.allclose(grad, a + b, atol=1e-10)
    assert torch.allclose(values["g/bce"], parts[0][1]["g/bce"] + parts[1][1]["g/bce"])


def test_what_is_done_to_the_layers_of_d_is_done_to_every_judge():
    t = trainer(DCGAN(width=4), [BCE(), SpectralNorm(), Critics()], (1, 8, 8))
    layers = [m for m in second_of(t).modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert layers
    assert all(is_parametrized(layer, "weight") for layer in layers)
    grads, _ = move(trainer(DCGAN(width=4), [BCE(), Orthogonal(side="d", weight=1e3), Critics()], (1, 8, 8)))
    plain, _ = move(trainer(DCGAN(width=4), [BCE(), Critics()], (1, 8, 8)))
    half = len(grads) // 2
    assert any(not torch.allclose(a, b) for a, b in zip(grads[half:], plain[half:], strict=True))


def test_state_of_a_term_counts_the_players_own_turn_only():
    for term, name in ((ADA(), "signs"), (LeCam(), "real")):
        two = trainer(DCGAN(width=4), [BCE(), term, Critics()], (1, 8, 8))
        one = trainer(DCGAN(width=4), [BCE(), type(term)()], (1, 8, 8))
        one.game.d.net.load_state_dict(two.game.d.net.state_dict())
        move(two)
        move(one)
        assert torch.allclose(two.terms[1].state[name], one.terms[1].state[name], atol=1e-6)


def test_a_game_has_what_it_is_told_and_the_rest_of_the_first():
    seen = []

    @dataclass(kw_only=True)
    class Other(Regularizer):
        def turn(self, t):
            if t.by is None:
                seen.append((t, t.beside(self, real=t.real + 1, code=7)))

    t = trainer(MLP(width=8), [BCE(), Other()], (2,), labels=3)
    t.play("d")
    t.play("g")
    for own, other in seen:
        assert torch.equal(other.real, own.real + 1)
        assert other.real.requires_grad == (own.player == "d")
        assert other.z is own.z
        assert other.y is own.y
        assert other.code == 7
        assert own.also == [other]
        assert other.D is own.D


def test_a_game_beside_one_beside_is_refused():
    @dataclass(kw_only=True)
    class Endless(Regularizer):
        def turn(self, t):
            t.beside(self)

    with pytest.raises(Incompatible, match="call it only where"):
        trainer(MLP(width=8), [BCE(), Endless()], (2,)).play("d")


def test_a_term_need_not_count_in_other_games():
    @dataclass(kw_only=True)
    class OnlyFirst(Regularizer):
        def d(self, t):
            if t.by is None:
                return t.real_score.square().mean()

    assert "d/onlyfirst" in move(trainer(MLP(width=8), [BCE(), OnlyFirst(), Critics()], (2,)))[1]


def test_shards_average_to_the_whole_batch():
    settings = Settings(batch=8, latent=4)
    whole = trainer(MLP(width=8), [RpGAN(), R1(), Critics()], (2,), settings)
    parts = trainer(MLP(width=8), [RpGAN(), R1(), Critics()], (2,), replace(settings, shards=2))
    for t in (whole, parts):  # the same z in both
        z = torch.randn(8, 4, generator=torch.Generator().manual_seed(0)).double()
        at = iter([0, 4] if t is parts else [0])
        t.game.latent = lambda n, at=at, z=z: z[(i := next(at)) : i + n]
    a, _ = gradients_of(whole, "d")
    b, _ = gradients_of(parts, "d")
    assert all(torch.allclose(x, y, atol=1e-10) for x, y in zip(a, b, strict=True))


def test_compiled_moves_are_the_same():
    eager, compiled = (trainer(MLP(width=8), [RpGAN(), R1(), Critics(averaged=True)], (2,)) for _ in range(2))
    compiled.execution = Compiled("aot_eager")
    for _ in range(3):
        eager.round()
        compiled.round()
    for side in ("g", "d"):
        pairs = zip(eager.players[side].params, compiled.players[side].params, strict=True)
        assert all(torch.allclose(a, b, atol=1e-9) for a, b in pairs)


# ---------------------------------------------------------------- companions


def test_an_average_follows_its_companion_as_that_of_g_does():
    t = trainer(MLP(width=8), [BCE(), Critics(averaged=True)], (2,), Settings(batch=8, latent=4, ema=100))
    expected = [p.detach().clone() for p in second_of(t).parameters()]
    for i in range(1, 4):
        t.round()
        factor = 0.5 ** (8 / min(100, 0.05 * 8 * i))
        expected = [factor * e + (1 - factor) * p for e, p in zip(expected, second_of(t).parameters(), strict=True)]
    average = t.averages["second"].net
    assert all(torch.allclose(a, b, atol=1e-12) for a, b in zip(average.parameters(), expected, strict=True))


def test_one_that_judges_may_normalise_over_the_batch():
    def build():
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))

            def forward(self, x, y=None):
                return {"score": self.layers(x).squeeze(1)}

        return Net()

    @dataclass(kw_only=True)
    class Second(Critics):
        judge: bool = True

        def prepare(self, g, d):
            d.companions["second"] = Companion(build, judge=self.judge)

    t = trainer(MLP(width=8), [BCE(), Second()], (2,))
    t.round()
    assert not second_of(t).layers[1].track_running_stats or (second_of(t).layers[1].running_mean == 0).all()
    with pytest.raises(Incompatible, match="normalises over the batch"):
        assembled(MLP(width=8), [BCE(), Second(judge=False)], (2,), engine=FP64)


def test_another_is_built_by_the_same_builder_of_a_changed_spec():
    spec = NetSpec(shape=(2,), latent=4, build=MLP(width=8).discriminator, companions={"a": nn.Identity})
    plain, wide = spec.another()(), spec.another(shape=(5,))()
    assert plain.trunk[1].in_features == 2
    assert wide.trunk[1].in_features == 5
    assert spec.shape == (2,)
    spec.group = 3  # set after `another` was called: its shapes are those of one sample
    builder = spec.another(shape=(5,))
    spec.classes = 2
    assert builder().trunk[2].in_features == 15 + 2
    with pytest.raises(TypeError, match="depth"):
        spec.another(depth=3)()


def test_runs_keep_averages_and_resume_exactly(tmp_path):
    path = tmp_path / "critics.py"
    path.write_text(FILE)
    sys.modules.pop("critics", None)
    with ganzoo.using([path]):
        how = {"batch": 16, "device": "cpu", "decay": "none"}
        whole = ganzoo.run("mlp:width=8+bce+critics@ring8", images=640, out=tmp_path / "whole", **how)
        ganzoo.run("mlp:width=8+bce+critics@ring8", images=320, out=tmp_path / "parts", **how)
        parts = ganzoo.run("mlp:width=8+bce+critics@ring8", images=640, out=tmp_path / "parts", **how)
        files = sorted(p.name for p in whole.checkpoint.iterdir() if p.suffix == ".safetensors")
        assert {name.removesuffix(".safetensors") for name in files} == {"d", "g", "generator", "second", "second.last"}
        for file in files:
            assert (whole.checkpoint / file).read_bytes() == (parts.checkpoint / file).read_bytes(), file
        average = ganzoo.load(tmp_path / "whole").network("second")
        assert average(torch.zeros(3, 2))["score"].shape == (3,)
        kept = [(whole.checkpoint / f"{name}.safetensors").read_bytes() for name in ("second", "second.last")]
        assert kept[0] != kept[1]
