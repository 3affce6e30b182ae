"""Each loss against its formula, at scores whose values are known."""

import math

import pytest
import torch
from helpers.play import turn

from ganzoo.zoo.losses import BCE, LSGAN, WGAN, Hinge, Minimax, RaGAN, RpGAN

LOSSES = [BCE(), Minimax(), LSGAN(), WGAN(), Hinge(), RpGAN(), RaGAN()]


def values(loss, real, fake):
    """D's and G's loss when D gives these scores: the samples are the scores."""
    real, fake = torch.tensor(real, dtype=torch.float64), torch.tensor(fake, dtype=torch.float64)
    return tuple(getattr(loss, side)(turn(lambda x: x * 1.0, real, fake, side)).item() for side in ("d", "g"))


def softplus(a):
    return math.log1p(math.exp(a))


def sigmoid(a):
    return 1 / (1 + math.exp(-a))


@pytest.mark.parametrize(
    ("real", "fake", "d", "g"), [(2.0, -2.0, 0.0, 2.0), (-2.0, 2.0, 6.0, -2.0), (1.0, -1.0, 0.0, 1.0)]
)
def test_hinge_at_two(real, fake, d, g):
    assert values(Hinge(), [real], [fake]) == (d, g)


def test_bce_is_cross_entropy_and_not_saturating():
    d, g = values(BCE(), [0.3, -1.2], [0.7, 2.0])
    expected = (
        -sum(math.log(sigmoid(s)) for s in (0.3, -1.2)) / 2 - sum(math.log(1 - sigmoid(s)) for s in (0.7, 2.0)) / 2
    )
    assert d == pytest.approx(expected, rel=1e-12)
    assert g == pytest.approx(-sum(math.log(sigmoid(s)) for s in (0.7, 2.0)) / 2, rel=1e-12)


def test_label_smoothing_is_one_sided():
    smooth = 0.1
    d, g = values(BCE(smooth=smooth), [0.3], [0.7])
    real = -(1 - smooth) * math.log(sigmoid(0.3)) - smooth * math.log(1 - sigmoid(0.3))
    assert d == pytest.approx(real - math.log(1 - sigmoid(0.7)), rel=1e-12)
    assert g == values(BCE(), [0.3], [0.7])[1]


def test_label_smoothing_is_least_where_d_says_one_minus_s():
    scores = torch.linspace(-1, 6, 7001, dtype=torch.float64)
    losses = torch.stack(
        [BCE(smooth=0.1).d(turn(lambda x: x * 1.0, s[None], torch.tensor([0.0]).double())) for s in scores]
    )
    assert torch.sigmoid(scores[losses.argmin()]).item() == pytest.approx(0.9, abs=1e-4)


def test_bce_does_not_overflow():
    assert values(BCE(), [-1000.0], [1000.0]) == (2000.0, 0.0)
    assert values(BCE(), [1000.0], [-1000.0]) == (0.0, 1000.0)


def test_minimax_is_one_value_that_d_raises_and_g_lowers():
    real, fake = [0.3, -1.2], [0.7, 2.0]
    d, g = values(Minimax(), real, fake)
    on_fakes = sum(math.log(1 - sigmoid(s)) for s in fake) / 2
    assert d == pytest.approx(-sum(math.log(sigmoid(s)) for s in real) / 2 - on_fakes, rel=1e-12)
    assert g == pytest.approx(on_fakes, rel=1e-12)


def test_minimax_saturates_where_bce_does_not():
    fake = torch.tensor([-20.0], dtype=torch.float64, requires_grad=True)
    slopes = [torch.autograd.grad(loss.g(turn(lambda x: x * 1.0, fake, fake, "g")), fake)[0] for loss in LOSSES[:2]]
    assert slopes[0].item() == pytest.approx(-1, abs=1e-8)
    assert slopes[1].item() == pytest.approx(0, abs=1e-8)


def test_lsgan_works_on_scores_not_probabilities():
    d, g = values(LSGAN(), [3.0, 0.0], [2.0, -1.0])
    assert d == pytest.approx(0.5 * (4 + 1) / 2 + 0.5 * (4 + 1) / 2)
    assert g == pytest.approx(0.5 * (1 + 4) / 2)


def test_wgan_is_a_difference_of_means():
    assert values(WGAN(), [1.0, 3.0], [-1.0, 2.0]) == pytest.approx((0.5 - 2.0, -0.5))


def test_rpgan_pairs_each_real_with_its_fake():
    real, fake = [0.4, -2.0], [1.5, 0.1]
    d, g = values(RpGAN(), real, fake)
    assert d == pytest.approx(sum(softplus(f - r) for r, f in zip(real, fake, strict=True)) / 2, rel=1e-12)
    assert g == pytest.approx(sum(softplus(r - f) for r, f in zip(real, fake, strict=True)) / 2, rel=1e-12)


def test_ragan_compares_each_sample_with_the_mean_of_the_other_kind():
    real, fake = [0.4, -2.0, 1.0], [1.5, 0.1]
    r, f = sum(real) / 3, sum(fake) / 2
    d, g = values(RaGAN(), real, fake)
    on_reals, on_fakes = [sigmoid(s - f) for s in real], [sigmoid(s - r) for s in fake]
    expected = -sum(map(math.log, on_reals)) / 3 - sum(math.log(1 - p) for p in on_fakes) / 2
    assert d == pytest.approx(expected, rel=1e-12)
    expected = -sum(map(math.log, on_fakes)) / 2 - sum(math.log(1 - p) for p in on_reals) / 3
    assert g == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
def test_relativistic_losses_are_those_that_see_differences_only(loss):
    real, fake = [0.4, -2.0], [1.5, 0.1]
    moved = values(loss, [s + 0.7 for s in real], [s + 0.7 for s in fake])
    assert (moved == pytest.approx(values(loss, real, fake), rel=1e-12)) == loss.relativistic


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
def test_d_wants_reals_higher_and_g_wants_fakes_higher(loss):
    real, fake = torch.zeros(3, dtype=torch.float64), torch.zeros(3, dtype=torch.float64)
    shift = torch.zeros((), dtype=torch.float64, requires_grad=True)
    t = turn(lambda x: x * 1.0, real, fake)
    t.real_out = {"score": t.real + shift}
    (slope,) = torch.autograd.grad(loss.d(t), shift)
    assert slope < 0
    t = turn(lambda x: x + shift, real, fake, "g")
    t.real_out = {"score": real}
    (slope,) = torch.autograd.grad(loss.g(t), shift)
    assert slope < 0


@pytest.mark.parametrize(
    ("loss", "side", "calls"),
    [(Hinge(), "d", 2), (Hinge(), "g", 1), (Minimax(), "g", 1), (RpGAN(), "g", 2), (RaGAN(), "g", 2)],
)
def test_d_runs_no_more_often_than_needed(loss, side, calls):
    seen = []

    def d(x):
        seen.append(x)
        return x * 1.0

    getattr(loss, side)(turn(d, torch.zeros(2), torch.ones(2), side))
    assert len(seen) == calls
