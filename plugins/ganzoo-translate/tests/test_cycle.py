"""CycleGAN: what the second game learns, in gradients; and the history of fakes."""

import pytest
import torch
from ganzoo_translate.cycle import Cycle
from ganzoo_translate.nce import PatchNCE
from ganzoo_translate.pairwise import L1
from ganzoo_translate.pool import Pool
from play import copy_through_files, noise, resnet, same, trainer, unet, weights
from torch import nn
from torch.nn.utils.parametrize import is_parametrized

import ganzoo
from ganzoo.training.compiled import Compiled
from ganzoo.training.gradients import gradients
from ganzoo.zoo.architectures.dcgan import DCGAN
from ganzoo.zoo.architectures.mlp import MLP
from ganzoo.zoo.losses import LSGAN, WGAN, RpGAN
from ganzoo.zoo.regularizers.conditional import Given
from ganzoo.zoo.regularizers.gradient import R1, R2, GradientPenalty
from ganzoo.zoo.regularizers.pack import Pack
from ganzoo.zoo.regularizers.spectral import SpectralNorm

DIFFERENT = noise((1, 8, 8), (2, 8, 8), paired=False)
"""What is made has one channel, what is given two."""


def of(*terms, data=None, architecture=None, **settings):
    return trainer(architecture or unet(), [LSGAN(), *terms], data or noise(paired=False), **settings)


def move(t, side, counted=None):
    torch.manual_seed(0)
    return gradients(t.game, t.terms, counted or t.terms, side, torch.tensor(0), t.batches(side, 0, 4))


def judge(t):
    return t.game.d.companions["judge-of-back"]


# ---------------------------------------------------------------- both games


def test_g_minimises_the_equation():
    t = of(term := Cycle(identity=0.3))
    grads, values = move(t, "g")
    G, F, D, C = t.game.g.net, t.game.g.companions["back"], t.game.d.net, judge(t)
    batch = t.batches("g", 0, 4)
    torch.manual_seed(0)
    z, y, x = t.game.latent(4), batch.x, batch.given
    there, back = G(z, None, x), F(z, None, y)
    cycle = (F(z, None, there) - x).abs().mean() + (G(z, None, back) - y).abs().mean()
    cycle = cycle + 0.3 * ((G(z, None, y) - y).abs().mean() + (F(z, None, x) - x).abs().mean())
    adversarial = sum(t.terms[0].g(turn_of(t, a, b)) for a, b in ((D, there), (C, back)))
    assert torch.allclose(values["g/cycle"], cycle)
    expected = torch.autograd.grad(adversarial + term.weight * cycle, t.game.g.params, allow_unused=True)
    assert all(torch.allclose(a, b) for a, b in zip(grads, expected, strict=True))


def turn_of(t, d, fake):
    turn = ganzoo.Turn(t.game, "g", torch.tensor(0), fake)
    turn.fake, turn.D = fake, d
    return turn


PENALTIES = {"r1": [R1()], "r2": [R2()], "gp": [GradientPenalty()], "sn": [SpectralNorm()], "pack": [Pack(m=2)]}


@pytest.mark.parametrize("name", PENALTIES)
def test_every_part_reaches_the_second_judge(name):
    """A penalty's own gradient reaches the weights of the second judge, or its layers are changed as those of D."""
    penalty = PENALTIES[name]
    t = of(Cycle(), *penalty, architecture=unet(norm="none"))
    if name == "sn":
        layers = [m for m in judge(t).modules() if isinstance(m, nn.Conv2d)]
        assert layers
        assert all(is_parametrized(m, "weight") for m in layers)
    elif name == "pack":
        assert next(judge(t).parameters()).shape[1] == 2
    else:
        grads, values = move(t, "d", penalty)
        names = [n for n, _ in t.game.d.net.named_parameters()]
        own, others = grads[: len(names)], grads[len(names) :]
        reached = [[g is not None and bool((g != 0).any()) for g in some] for some in (own, others)]
        assert any(reached[1])
        assert reached[0] == reached[1]
        assert list(values) == [f"d/{penalty[0].name}"]
    t.round()
    assert t.finite()


def test_the_second_judge_learns_as_if_it_were_alone():
    """Its gradient is that of a game of F alone, penalty included."""
    t = of(Cycle(), R1())
    half = len([*t.game.d.net.parameters()])
    ours = move(t, "d")[0][half:]
    alone = of(R1(), data=noise(paired=False))
    batch = t.batches("d", 0, 4)
    alone.game.g.net.load_state_dict(t.game.g.companions["back"].state_dict())
    alone.game.d.net.load_state_dict(judge(t).state_dict())
    torch.manual_seed(0)
    turned = batch._replace(x=batch.given, given=batch.x)
    theirs = gradients(alone.game, alone.terms, alone.terms, "d", torch.tensor(0), turned)[0]
    assert all(torch.allclose(a, b) for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("architecture", [unet(), resnet(), DCGAN(width=4, g_norm="layer"), MLP(width=4)], ids=str)
def test_it_works_with_other_networks_and_shapes(architecture):
    t = of(Cycle(identity=0), Pool(size=3), data=DIFFERENT, architecture=architecture)
    for _ in range(3):
        t.round()
    assert t.finite()
    with pytest.raises(ganzoo.Incompatible, match="write cycle:identity=0"):
        of(Cycle(), data=DIFFERENT)


def test_pairs_may_be_judged_and_compared_from_both_sides():
    t = of(Cycle(identity=0), Given(), L1(), data=noise((1, 8, 8), (2, 8, 8)))
    _, values = move(t, "g")
    batch = t.batches("g", 0, 4)
    torch.manual_seed(0)
    z = t.game.latent(4)
    there, back = (g(z, None, x) for g, x in ((t.game.g.net, batch.given), (t.game.g.companions["back"], batch.x)))
    assert torch.allclose(values["g/l1"], (there - batch.x).abs().mean() + (back - batch.given).abs().mean())
    t.round()
    assert t.finite()


def test_it_combines_with_contrasts():
    t = of(Cycle(), PatchNCE(units=4), architecture=resnet())
    t.round()
    assert t.finite()


def test_the_way_back_is_averaged():
    t = of(Cycle())
    assert set(t.averages) == {"back"}


@pytest.mark.parametrize(("data", "why"), [(noise(source=None), "gives nothing")])
def test_what_it_cannot_do_is_refused(data, why):
    with pytest.raises(ganzoo.Incompatible, match=why):
        trainer(MLP(width=4), [LSGAN(), Cycle()], data)


# ---------------------------------------------------------------- resuming, compiling

RECIPES = {
    "cycle, pool": lambda: [LSGAN(), Cycle(), Pool(size=6)],
    "cycle, pool, r1": lambda: [RpGAN(), Cycle(), Pool(size=6), R1()],
    "gp, cycle": lambda: [WGAN(), Cycle(), GradientPenalty()],
    "nce": lambda: [LSGAN(), PatchNCE(units=4)],
}


@pytest.mark.parametrize("name", RECIPES)
def test_a_resumed_run_is_bit_for_bit_that_which_never_stopped(name):
    steady, resumed = (trainer(resnet(), RECIPES[name](), noise(paired=False)) for _ in range(2))
    for _ in range(3):
        steady.round()
    copy_through_files(steady, resumed)
    for t in (steady, resumed):
        for _ in range(3):
            t.round()
    assert same(weights(steady), weights(resumed))


@pytest.mark.parametrize("name", RECIPES)
def test_compiled_moves_are_the_same(name):
    eager, compiled = (trainer(resnet(), RECIPES[name](), noise(paired=False)) for _ in range(2))
    compiled.execution = Compiled("aot_eager")
    for _ in range(2):
        eager.round()
        compiled.round()
    assert all(torch.allclose(a, b, atol=1e-9) for a, b in zip(weights(eager), weights(compiled), strict=True))


# ---------------------------------------------------------------- the history


def pool(size, batch=4):
    t = trainer(unet(), [LSGAN(), term := Pool(size=size)], noise(), batch=batch)
    return t, term


def test_half_of_the_fakes_are_earlier_ones():
    _, term = pool(6)
    torch.manual_seed(0)
    seen, shown, late = set(), [], 160
    for i in range(200):
        fakes = torch.arange(4 * i, 4 * i + 4.0).double().reshape(4, 1, 1, 1).expand(4, 1, 8, 8)
        values = [int(v) for v in term.exchange("d", fakes)[:, 0, 0, 0]]
        assert values[2:] == [4 * i + 2, 4 * i + 3]
        assert all(v in seen or v == 4 * i + row for row, v in enumerate(values[:2]))
        seen.update([4 * i, 4 * i + 1])
        shown += values[:2]
        if i >= 40:  # all places are filled
            assert all(v < 4 * i for v in values[:2])
            late -= 1
    assert late == 0
    assert len(set(shown)) >= len(shown) - 6  # what was shown has left the history, but for the first of each place
    assert term.state["filled of d"].tolist() == [1] * 6
    history = term.state["fakes of d"][:, 0, 0, 0].tolist()
    assert seen == {int(v) for v in history} | set(shown)


def test_an_empty_place_gives_the_fake_itself():
    _, term = pool(50)
    fakes = torch.randn(4, 1, 8, 8).double()
    assert torch.equal(term.exchange("d", fakes), fakes)
    assert term.state["filled of d"].sum() == 2


def test_only_d_sees_them_and_they_are_leaves():
    t, term = pool(2)
    for _ in range(4):
        t.play("d")
    for side, differs in (("d", True), ("g", False)):
        turn = ganzoo.Turn(t.game, side, t.steps[side], *t.batches(side, 0, 4))
        turn.given = t.batches(side, 0, 4).given
        torch.manual_seed(0)
        fake = turn.generate(turn.z).detach()
        torch.manual_seed(1)
        term.turn(turn)
        assert torch.equal(turn.fake, fake) != differs
        assert turn.fake.is_leaf == differs


def test_each_judge_has_its_own_history():
    t = of(Cycle(identity=0), Pool(size=3), data=DIFFERENT)
    t.round()
    state = next(term.state for term in t.terms if isinstance(term, Pool))
    shapes = {name: tuple(x.shape) for name, x in state.items() if name.startswith("fakes")}
    assert shapes == {"fakes of d": (3, 1, 8, 8), "fakes of judge-of-back": (3, 2, 8, 8)}
    assert not (state["fakes of judge-of-back"] == 0).all()


@pytest.mark.parametrize(
    ("terms", "settings", "why"),
    [([Given()], {}, "does not keep what they were made of"), ([], {"shards": 2}, "write shards=1")],
)
def test_what_it_cannot_keep_is_refused(terms, settings, why):
    with pytest.raises(ganzoo.Incompatible, match=why):
        trainer(unet(), [LSGAN(), *terms, Pool()], noise(), **settings)
