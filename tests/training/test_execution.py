"""The same moves in three ways: the same weights."""

import warnings

import pytest
import torch
from helpers.play import trainer
from helpers.replay import Replayed, difference

import ganzoo
from ganzoo.interfaces.terms import Regularizer
from ganzoo.recipes.recipe import resolve
from ganzoo.recipes.settings import Settings
from ganzoo.support.errors import CaptureError, DeviceError, GanzooWarning
from ganzoo.training.compiled import Compiled
from ganzoo.training.engine import Engine, engine_for, worth_compiling
from ganzoo.training.execution import Eager
from ganzoo.training.graphs import Graphed
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


@pytest.mark.parametrize("names", TERMS)
@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
def test_graphs_are_given_all_that_changes(loss, names):
    """Bit for bit, with a stand-in for CUDA's graphs: nothing reaches a move but by its inputs and in place."""
    eager = played(Eager(), loss, TERMS[names])
    assert difference(eager, played(Graphed(Replayed, warm=2), loss, TERMS[names])) == 0


def test_moves_with_other_terms_have_graphs_of_their_own():
    made = []

    def capture(function, inputs):
        made.append(function)
        return Replayed(function, inputs)

    terms = (lambda: R1(every=4), LeCam)
    graphed = played(Graphed(capture, warm=1), Hinge, terms, rounds=8, decay="cosine", images=1000)
    assert difference(graphed, played(Eager(), Hinge, terms, rounds=8, decay="cosine", images=1000)) == 0
    keys = {key for kind, key in graphed.execution.graphs if kind == "gradients"}
    assert keys == {(side, "hinge", *r1, "lecam") for side in "dg" for r1 in ((), ("r1",))}
    assert len(made) == len(graphed.execution.graphs)


def test_the_log_is_that_of_eager():
    eager, graphed = played(Eager(), BCE, (R1,)), played(Graphed(Replayed, warm=1), BCE, (R1,))
    assert eager.losses() == graphed.losses()


def test_shards_are_added_up_before_the_next_overwrites_them():
    eager = played(Eager(), RpGAN, (R1,), shards=2)
    assert difference(eager, played(Graphed(Replayed, warm=1), RpGAN, (R1,), shards=2)) == 0


def test_a_step_is_traced_whole():
    """By dynamo alone, which changes no arithmetic; the whole table of losses and terms is among the slow tests."""
    assert difference(played(Eager(), RpGAN, (R1, R2)), played(Compiled("eager"), RpGAN, (R1, R2))) == 0


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
@pytest.mark.parametrize(("loss", "names"), [(WGAN, "gp"), (RpGAN, "r1+r2"), (Hinge, "sn"), (BCE, "diffaug")])
def test_compiled_code_gives_the_same_weights(loss, names):
    torch._dynamo.reset()
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


def test_what_cannot_be_compiled_runs_as_it_comes_with_a_sentence():
    torch._dynamo.reset()
    with pytest.warns(GanzooWarning, match="cannot be compiled and is executed eagerly"):
        compiled = played(Compiled("eager"), BCE, (Asking,), architecture=MLP(width=4))
    assert difference(compiled, played(Eager(), BCE, (Asking,), architecture=MLP(width=4))) == 0


def test_compiled_code_that_fails_when_it_runs_is_not_run_again():
    """It may have changed state already, as a move that ran out of memory has."""
    ran = []

    def backend(graph, inputs):
        def run(*inputs):
            ran.append(1)
            raise MemoryError("no room for activations")

        return run

    torch._dynamo.reset()
    with pytest.raises(MemoryError, match="no room"):
        played(Compiled(backend), BCE, (), architecture=MLP(width=4), rounds=1)
    assert len(ran) == 1


def test_what_cannot_be_captured_is_said_with_what_to_do(tmp_path):
    def capture(function, inputs):
        raise RuntimeError("operation not permitted when stream is capturing")

    with pytest.raises(CaptureError, match=r"cannot be captured .RuntimeError: operation not .*use --engine eager"):
        played(Graphed(capture, warm=1), BCE, (), architecture=MLP(width=4))
    recipe = resolve("mlp+bce@ring8")
    object.__setattr__(recipe.loss, "cls", Asking)
    with pytest.raises(DeviceError, match="bce cannot be captured in a graph; use --engine eager or compile"):
        engine_for(recipe, (2,), "cpu", "graph")


def test_the_mode_is_chosen_by_rule_and_recorded(tmp_path):
    assert Engine.choose("cpu", (1, 8, 8), 64, capturable=True).mode == "eager"
    assert Engine.choose("cpu", (1, 8, 8), 64, mode="compile").mode == "compile"
    assert Engine.choose("cpu", (1, 32, 32), 64, repaid=True).mode == "compile"
    assert worth_compiling((1, 32, 32), 2**20, second_order=True)
    assert not worth_compiling((1, 32, 32), 2**20 - 1, second_order=True)  # too short
    assert not worth_compiling((1, 8, 8), 2**30, second_order=True)  # nothing to gain
    assert not worth_compiling((1, 32, 32), 2**20, second_order=False)
    with pytest.raises(DeviceError, match="graph needs CUDA, but this runs on cpu"):
        Engine.choose("cpu", (1, 8, 8), 64, mode="graph")
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
