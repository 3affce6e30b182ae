"""The same moves, compiled: the same weights. Those of recorded rounds are in test_graphs.py."""

import re
import warnings

import pytest
import torch
from helpers.play import trainer
from helpers.replay import difference

import ganzoo
from ganzoo.interfaces.terms import Regularizer
from ganzoo.recipes.recipe import resolve
from ganzoo.recipes.settings import Settings
from ganzoo.support.errors import DeviceError, GanzooWarning
from ganzoo.training import compiled as compiling
from ganzoo.training.compiled import Compiled
from ganzoo.training.engine import Engine, engine_for, find_execution, worth_compiling
from ganzoo.training.execution import Eager
from ganzoo.zoo.architectures.dcgan import DCGAN
from ganzoo.zoo.architectures.mlp import MLP
from ganzoo.zoo.losses import BCE, LSGAN, WGAN, Hinge, Minimax, RaGAN, RpGAN
from ganzoo.zoo.regularizers.augment import DiffAugment
from ganzoo.zoo.regularizers.gradient import R1, R2, GradientPenalty
from ganzoo.zoo.regularizers.score_penalties import LeCam
from ganzoo.zoo.regularizers.spectral import SpectralNorm

LOSSES = (BCE, LSGAN, WGAN, Hinge, Minimax, RaGAN, RpGAN)
TERMS = {
    "none": (),
    "gp": (GradientPenalty,),
    "r1": (R1,),
    "r1+r2": (R1, R2),
    "sn": (SpectralNorm,),
    "diffaug": (DiffAugment,),
    "lecam": (LeCam,),
}


def played(mode, loss, terms, rounds=3, architecture=None, **settings):
    """The trainer after some rounds, in float64."""
    made = trainer(
        architecture or DCGAN(width=4),
        [loss(), *(term() for term in terms)],
        (3, 8, 8),
        Settings(batch=8, latent=4, d_steps=2, lr=1e-3, **settings),
    )
    made.execution = mode
    for _ in range(rounds):
        made.round()
    return made


@pytest.fixture(params=["as this torch can", "by operations"])
def way(request, monkeypatch):
    """How moves are compiled on this torch, and how on those whose dynamo cannot trace them."""
    torch._dynamo.reset()
    if request.param == "by operations":
        monkeypatch.setattr(compiling, "TRACED", False)


@pytest.mark.parametrize("terms", [(R1, R2), (SpectralNorm, LeCam)], ids=["gradients", "state"])
def test_a_step_is_traced_whole(terms, way):
    """Traced alone, which changes no arithmetic; the whole table of losses and terms is among the slow tests.

    On each torch for which compilation is promised: a move that is left to eager is a warning, and so an error here.
    """
    assert difference(played(Eager(), RpGAN, terms), played(Compiled("eager"), RpGAN, terms)) == 0


def test_compiled_moves_change_state(way):
    """As the dynamo of torch 2.12 and 2.13 do not, once a backend has functionalized its graph."""
    terms, architecture = (SpectralNorm, LeCam), MLP(width=8)
    eager = played(Eager(), Hinge, terms, architecture=architecture)
    compiled = played(Compiled("aot_eager"), Hinge, terms, architecture=architecture)
    assert difference(eager, compiled) <= 1e-12
    states = [[made.terms[-1].state[name].item() for name in ("real", "fake")] for made in (eager, compiled)]
    assert states[1] == pytest.approx(states[0], abs=1e-12)
    assert all(states[1])


@pytest.mark.slow
@pytest.mark.parametrize("names", TERMS)
@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
def test_every_step_is_traced_whole(loss, names):
    torch._dynamo.reset()
    with warnings.catch_warnings():
        warnings.simplefilter("error", GanzooWarning)  # no move is left to eager
        assert difference(played(Eager(), loss, TERMS[names]), played(Compiled("eager"), loss, TERMS[names])) == 0


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("loss", "names"), [(WGAN, "gp"), (RpGAN, "r1+r2"), (Hinge, "sn"), (BCE, "diffaug"), (Hinge, "lecam")]
)
def test_compiled_code_gives_the_same_weights(loss, names, way):
    with warnings.catch_warnings():
        warnings.simplefilter("error", GanzooWarning)
        compiled = played(Compiled(), loss, TERMS[names], architecture=DCGAN(width=4, norm="none", g_norm="none"))
    eager = played(Eager(), loss, TERMS[names], architecture=DCGAN(width=4, norm="none", g_norm="none"))
    for side in ("g", "d"):
        weights = dict(compiled.players[side].net.named_parameters())
        for name, weight in eager.players[side].net.named_parameters():
            if not (loss.relativistic and name == "heads.score.bias"):  # rounding noise, of which Adam makes steps
                assert (weight - weights[name]).abs().max() <= 1e-9, (side, name)


class Asking(Regularizer):
    """What cannot be captured."""

    def d(self, t):
        return t.fake_score.mean() if t.real_score.sum().item() > 0 else t.real_score.mean()


def test_what_cannot_be_compiled_runs_as_it_comes_with_a_sentence(way):
    with pytest.warns(GanzooWarning, match="cannot be compiled and is executed eagerly"):
        compiled = played(Compiled("eager"), BCE, (Asking,), architecture=MLP(width=4))
    assert difference(compiled, played(Eager(), BCE, (Asking,), architecture=MLP(width=4))) == 0


def test_compiled_code_that_fails_when_it_runs_is_not_run_again(way):
    """It may have changed state already, as a move that ran out of memory has."""
    ran = []

    def backend(graph, inputs):
        def run(*inputs):
            ran.append(1)
            raise MemoryError("no room for activations")

        return run

    with pytest.raises(MemoryError, match="no room"):
        played(Compiled(backend), BCE, (), architecture=MLP(width=4), rounds=1)
    assert len(ran) == 1


def test_what_says_that_it_cannot_be_recorded_is_refused_for_graphs():
    recipe = resolve("mlp+bce@ring8")
    object.__setattr__(recipe.loss, "cls", Asking)
    for mode in ("graph", "graph+compile"):
        with pytest.raises(DeviceError, match="bce cannot be captured in a graph; use --engine eager or compile"):
            engine_for(recipe, (2,), "cpu", mode)


def test_the_mode_is_chosen_by_rule_and_recorded(tmp_path):
    assert Engine.choose("cpu", (1, 8, 8), 64, capturable=True).mode == "eager"
    assert Engine.choose("cpu", (1, 8, 8), 64, mode="compile").mode == "compile"
    assert Engine.choose("cpu", (1, 32, 32), 64, repaid=True).mode == "compile"
    assert worth_compiling((1, 32, 32), 2**20, second_order=True)
    assert not worth_compiling((1, 32, 32), 2**20 - 1, second_order=True)  # too short
    assert not worth_compiling((1, 8, 8), 2**30, second_order=True)  # nothing to gain
    assert not worth_compiling((1, 32, 32), 2**20, second_order=False)
    assert worth_compiling((1, 32, 32), 2**26, second_order=False, device="cuda:0")
    assert not worth_compiling((1, 32, 32), 2**26 - 1, second_order=True, device="cuda:0")
    assert find_execution("cuda:0", "auto", capturable=True, repaid=False) == "graph"
    assert find_execution("cuda:0", "auto", capturable=True, repaid=True) == "graph+compile"
    assert find_execution("cuda:0", "auto", capturable=False, repaid=True) == "eager"
    for mode in ("graph", "graph+compile"):
        with pytest.raises(DeviceError, match=rf"{re.escape(mode)} needs CUDA, but this runs on cpu"):
            Engine.choose("cpu", (1, 8, 8), 64, mode=mode)
    with pytest.raises(DeviceError, match="no engine 'grpah'; nearest: graph"):
        ganzoo.run("mlp+bce@ring8", engine="grpah", device="cpu", out=tmp_path / "run")
    run = ganzoo.run("mlp+bce@ring8", steps=2, batch=4, device="cpu", out=tmp_path / "run")
    assert (run.header.engine.mode, run.result.env.mode, run.result.env.ranks) == ("eager", "eager", 1)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_run_goes_on_with_another_engine(tmp_path):
    how = {"out": tmp_path / "run", "device": "cpu", "batch": 16, "latent": 4, "decay": "none"}
    assert ganzoo.run("mlp:width=8+bce@ring8", images=320, **how).header.engine.mode == "eager"
    run = ganzoo.run("mlp:width=8+bce@ring8", images=640, engine="compile", **how)
    assert (run.result.status, run.header.engine.mode) == ("ok", "compile")
    whole = ganzoo.run("mlp:width=8+bce@ring8", images=640, **{**how, "out": tmp_path / "whole"})
    for a, b in zip(run.generator.parameters(), whole.generator.parameters(), strict=True):
        assert (a - b).abs().max() < 1e-5
