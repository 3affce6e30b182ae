"""How ADA adapts p, and what it does to what D sees."""

import warnings
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from helpers.play import trainer, turn

from ganzoo.interfaces.terms import Loss
from ganzoo.recipes.settings import Settings
from ganzoo.support.errors import GanzooWarning
from ganzoo.testing.trials import FP32, gradients_of
from ganzoo.zoo.architectures.dcgan import DCGAN
from ganzoo.zoo.losses import BCE, LSGAN, WGAN, Hinge, RaGAN, RpGAN
from ganzoo.zoo.regularizers.ada import ADA
from ganzoo.zoo.regularizers.gradient import R1, GradientPenalty

ALL = {"filter": True, "noise": True, "cutout": True}
SURE, UNSURE, FAR = [1.0, 2.0, 0.1], [1.0, -2.0, -0.1], [9.0] * 3


def attached(term):
    term.sides = (8, 8)  # as `prepare` reads it
    term.attach(turn(lambda x: x, torch.zeros(1), torch.zeros(1)).game)
    return term


def moves(term, loss, batch=50):
    """A function that makes a move of D in which reals and fakes have these scores, and returns p."""
    attached(term)
    step = torch.tensor(0)

    def move(real, fake, start=None):
        if start is not None:
            term.state["p"].fill_(start)
        t = turn(lambda x: x * 1.0, torch.tensor(real), torch.tensor(fake))
        t.game.loss, t.game.batch, t.step = loss, batch, step.clone()
        term.turn(t)
        t.view = torch.clone  # scores are no images
        step.add_(1)
        return term.d(t).item()

    return move


def test_p_follows_the_sign_of_the_scores_of_reals_and_is_adjusted_once_an_interval():
    move = moves(ADA(target=0.6, speed=1000, interval=2), BCE())
    assert [move(SURE, FAR) for _ in range(5)] == pytest.approx([0, 0, 0.1, 0.1, 0.2])  # interval · batch / speed
    assert [move(UNSURE, FAR) for _ in range(4)] == pytest.approx([0.2, 0.1, 0.1, 0])  # one sure of two is too few


def test_all_moves_of_an_interval_count():
    """r_t is a mean: one of its moves alone would say something else."""
    move = moves(ADA(target=0.3, speed=1000, interval=4), BCE())
    for scores in (SURE, SURE, UNSURE, UNSURE, SURE):  # (1 + 1 - 1/3 - 1/3) / 4 = 1/3
        last = move(scores, FAR)
    assert last == pytest.approx(0.2)
    move = moves(ADA(target=0.4, speed=1000, interval=4), BCE())
    for scores in (SURE, SURE, UNSURE, UNSURE):
        move(scores, FAR, start=0.5)
    assert move(SURE, FAR) == pytest.approx(0.3)


def test_p_stays_within_0_and_1_and_rests_at_the_target():
    move = moves(ADA(speed=60, interval=1), BCE())
    assert [move(SURE, FAR) for _ in range(4)] == pytest.approx([0, 50 / 60, 1, 1])
    assert [move(UNSURE, FAR) for _ in range(4)] == pytest.approx([1, 1 / 6, 0, 0])
    move = moves(ADA(target=0.5, interval=1), BCE())
    assert move([1.0, 1.0, 1.0, -1.0], [0.0] * 4, start=0.4) == pytest.approx(0.4)
    assert move(SURE, FAR) == pytest.approx(0.4)


def test_p_goes_from_0_to_1_in_as_many_images_as_speed_says():
    move, n = moves(ADA(speed=4000), BCE()), 0
    while move(SURE, FAR) < 1:
        n += 1
    assert n * 50 == 4000


class Shifted(Loss):
    """A loss of a plugin whose scores lie around 3."""

    boundary = 3.0


@pytest.mark.parametrize(
    ("loss", "real", "fake", "rises"),
    [
        (Hinge(), [0.1] * 3, [5.0] * 3, True),  # above 0, whatever the fakes
        (LSGAN(), [0.4] * 3, [0.1] * 3, False),  # nearer to the target of fakes, 0, than to that of reals, 1
        (LSGAN(), [0.6] * 3, [0.9] * 3, True),
        (BCE(), [-0.1] * 3, [-5.0] * 3, False),
        (BCE(smooth=0.3), [-0.5] * 3, [-5.0] * 3, True),  # above log(0.7 / 1.3) = -0.62
        (BCE(smooth=0.3), [-0.7] * 3, [-5.0] * 3, False),
        (LSGAN(a=-1, b=1), [0.4] * 3, [0.1] * 3, True),
        (LSGAN(a=1, b=3), [1.9] * 3, [0.0] * 3, False),
        (WGAN(), [-700.0] * 3, [-900.0] * 3, True),  # only the difference counts
        (WGAN(), [700.0] * 3, [900.0] * 3, False),
        (RpGAN(), [-7.0] * 3, [-9.0] * 3, True),
        (RaGAN(), [7.0] * 3, [9.0] * 3, False),
        (Shifted(), [2.9] * 3, [0.0] * 3, False),
        (Shifted(), [3.1] * 3, [9.0] * 3, True),
    ],
)
def test_scores_count_from_the_boundary_of_the_loss(loss, real, fake, rises):
    move = moves(ADA(speed=500, interval=1), loss)
    move(real, fake, start=0.5)
    assert move(real, fake) == pytest.approx(0.6 if rises else 0.4)


def test_the_boundary_of_smoothed_labels_is_where_d_cannot_tell():
    """D's best score of a sample that is as likely real as fake."""
    loss, score = BCE(smooth=0.2), torch.zeros((), requires_grad=True)
    optimizer = torch.optim.LBFGS([score], max_iter=100, tolerance_grad=1e-9)

    def closure():
        optimizer.zero_grad()
        value = loss.d(SimpleNamespace(real_score=score, fake_score=score))
        value.backward()
        return value

    optimizer.step(closure)
    assert loss.boundary == pytest.approx(score.item(), abs=1e-4)
    loss.smooth = torch.tensor(0.2)  # as of a schedule
    assert loss.boundary.item() == pytest.approx(score.item(), abs=1e-4)


@pytest.mark.parametrize("shards", [1, 2, 4])
def test_shards_adjust_p_together(shards):
    """Each shard of a move sees the p of the move before, and r_t is the mean over all of them."""
    term = ADA(speed=320, interval=2)
    settings = Settings(batch=16, latent=4, shards=shards)
    t = trainer(DCGAN(width=4, norm="none"), [BCE(), term], (1, 8, 8), settings)
    t.game.d.net.heads.score.bias.data.fill_(9)  # D is sure of any image
    seen = []
    for _ in range(5):
        t.round()
        seen.append(term.state["p"].item())
    assert seen == pytest.approx([0, 0, 0.1, 0.1, 0.2])
    assert term.state["signs"].item() == pytest.approx(1)  # of the one move since
    assert t.losses()["d/ada"] == pytest.approx(0.08)


@pytest.mark.parametrize(("options", "channels"), [({}, 1), ({}, 3), (ALL, 2)])
def test_g_learns_through_it_and_so_do_penalties(options, channels):
    term = ADA(**options)
    t = trainer(DCGAN(width=4), [BCE(), R1(), GradientPenalty(), term], (channels, 8, 8))
    term.state["p"].fill_(0.9)
    before = [p.clone() for player in t.players.values() for p in player.params]
    t.round()
    after = [p for player in t.players.values() for p in player.params]
    assert t.finite()
    assert all((p != q).any() for p, q in zip(before, after, strict=True))


def test_p_of_0_trains_as_without_it():
    """Up to rounding: images go through the filters."""
    plain, augmented = (
        trainer(DCGAN(width=4, norm="none"), [Hinge(), *terms], (1, 8, 8)) for terms in ([], [ADA(interval=100)])
    )
    ours, theirs = (gradients_of(t, "g")[0] for t in (plain, augmented))
    assert all(torch.allclose(a, b, atol=1e-8) for a, b in zip(ours, theirs, strict=True))


def test_groups_can_be_left_out():
    x = torch.rand(400, 1, 8, 8) * 2 - 1
    none = {"blit": False, "geometric": False, "color": False}
    for options, same in (({}, x.flatten(1).mean(1)), ({"blit": True}, x.flatten(1).sort(1).values[:, 0])):
        term = ADA(**{**none, **options})
        attached(term)
        term.state["p"].fill_(1)
        y = term.augment(x)
        if options:
            assert not torch.equal(y, x)
            assert (y.flatten(1).min(1).values >= same).all()
        else:
            assert torch.equal(y, x)
    term = ADA(**none, noise=True)
    attached(term)
    term.state["p"].fill_(0.25)
    assert (term.augment(x) != x).flatten(1).any(1).double().mean().item() == pytest.approx(0.25, abs=0.07)


def test_images_are_resampled_in_their_own_precision():
    x = torch.rand(16, 3, 8, 8) * 2 - 1
    term = ADA(filter=True)
    attached(term)
    with torch.autocast("cpu", torch.bfloat16):
        y = term.augment(x)
    assert y.dtype == torch.float32
    assert torch.allclose(y, x, atol=1e-5)


def test_compiled_moves_equal_eager_ones():
    bits = []
    for mode in ("eager", "compile"):
        term = ADA(speed=300, interval=2, **ALL)
        engine = replace(FP32, mode=mode)
        t = trainer(DCGAN(width=2), [BCE(), term], (1, 8, 8), engine=engine)
        if mode == "compile":
            t.execution.backend = "eager"  # traced as a whole, not compiled to machine code
        with warnings.catch_warnings():
            warnings.simplefilter("error", GanzooWarning)  # a move that cannot be compiled is made eagerly
            for _ in range(3):
                t.round()
        bits.append([p.clone() for p in t.game.d.params] + [term.state["p"]])
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(*bits, strict=True))
