"""Which modes are found, in what shares, and how they look from near."""

import math

import pytest
import torch
from helpers.measures import noise, normal, scores_of

from ganzoo.interfaces.scores import to_metrics
from ganzoo.support.errors import DataError, Incompatible
from ganzoo.zoo.datasets.digits import Digits, StackedDigits
from ganzoo.zoo.datasets.images import Images
from ganzoo.zoo.datasets.mixtures import Grid25, Ring
from ganzoo.zoo.datasets.mnist import MNIST, StackedMNIST
from ganzoo.zoo.metrics.base import Evaluation
from ganzoo.zoo.metrics.high_quality import HighQuality
from ganzoo.zoo.metrics.mode_shapes import KEPT, mode_shapes
from ganzoo.zoo.metrics.modes import Modes, coverage, kl
from ganzoo.zoo.metrics.sample_set import SampleSet


@pytest.fixture(scope="module")
def digits():
    return Digits()


def test_modes_are_counted_from_one_and_from_five_samples():
    data = Grid25()
    x = data.centres[[0] * 5 + [1] * 4 + [2]]
    scores = scores_of(Modes(), data, torch.cat([x, data.centres[3:4] + 1]))
    assert (scores["modes@1"], scores["modes@5"]) == (3, 1)


def test_kl_has_its_closed_form():
    prior = torch.full((4,), 0.25, dtype=torch.float64)
    assert kl(torch.tensor([0, 1, 2, 3]), prior) == 0
    assert kl(torch.tensor([2, 2, -1]), prior) == pytest.approx(math.log(4))
    assert kl(torch.tensor([0, 0, 0, 1]), prior) == pytest.approx(0.75 * math.log(3) + 0.25 * math.log(1))
    assert math.isnan(kl(torch.tensor([-1]), prior))


def test_kl_of_points_gives_each_to_its_nearest_centre():
    data = Ring()
    scores = scores_of(Modes(), data, data.centres * 1.5)
    assert (scores["modes@1"], scores["kl"]) == (0, 0)


def test_high_quality_is_a_share():
    data = Ring()
    x = torch.cat([data.centres, data.centres * 1.029, data.centres * 1.031, data.centres * 0])
    assert scores_of(HighQuality(), data, x)["hq@3sigma"] == 0.5


def test_floors_of_points_are_those_of_true_samples():
    scores = scores_of(HighQuality(), Ring(), Ring().train.x[:2500])
    for name in ("hq@3sigma", "hq@3sigma.floor", "hq@3sigma.memoriser"):
        assert scores[name] == pytest.approx(0.9889, abs=0.0065)


def test_digits_have_ten_modes(digits):
    scores = scores_of(Modes(), digits, digits.test.x)
    assert (scores["modes@1"], scores["modes@5"]) == (10, 10)
    assert scores["kl"] < 0.002
    only_ones = scores_of(Modes(), digits, digits.train.x[digits.train.y == 1])
    assert only_ones["modes@5"] == 1
    assert only_ones["kl"] == pytest.approx(-math.log(digits.prior[1]), abs=0.05)


def test_keys_carry_judge_and_number(digits):
    assert f"modes@1[{digits.extractor.key},n=500]" in to_metrics(Modes()(Evaluation(digits, digits.test.x)))
    assert "kl[n=100]" in to_metrics(Modes()(Evaluation(Ring(), Ring().train.x[:100])))


def test_metrics_refuse_data_that_they_do_not_fit(digits):
    class Plain(Images):
        name = "plain"

        def load(self):
            return digits.train, digits.test

    with pytest.raises(Incompatible, match="those of plain are not known; give the data set n_modes, prior"):
        Modes()(Evaluation(Plain(), digits.test.x))
    plain = Plain()
    plain.n_modes = 10
    with pytest.raises(Incompatible, match="or take modes out of its metrics"):
        Modes()(Evaluation(plain, digits.test.x))
    with pytest.raises(Incompatible, match="points only, and plain is image without a judge of its modes; take hq out"):
        HighQuality()(Evaluation(Plain(), digits.test.x))


# ---------------------------------------------------------------- protocols


def true(data, n, seed=7):
    return data.draw(n, seed)[0]


@pytest.mark.parametrize("data", [Ring(), Grid25()])
def test_true_samples_of_mixtures_score_what_they_must(data):
    """A round Gaussian in the plane has 1 - exp(-9 / 2) = 98.89 % within 3 sigma."""
    x = true(data, 2_500)
    assert scores_of(HighQuality(), data, x)["hq@3sigma"] == pytest.approx(0.989, abs=0.006)
    scores = scores_of(Modes(protocol="pacgan"), data, x)
    assert scores["modes@1"] == scores["modes@5"] == data.n_modes
    assert scores["kl"] == scores["kl.uniform"] < 0.01


def test_papers_take_as_many_samples_as_they_say(digits):
    data = Ring()
    scores = Modes(protocol="veegan")(Evaluation(data, true(data, 4_000)))
    assert "kl[n=2500]" in to_metrics(scores)
    assert scores == Modes(protocol="pacgan")(Evaluation(data, true(data, 4_000)))
    with pytest.raises(Incompatible, match="2,500 samples are needed, but there are 2,000"):
        Modes(protocol="pacgan")(Evaluation(data, true(data, 2_000)))
    with pytest.raises(Incompatible, match="mixtures and data with 1,000 modes, and digits is neither"):
        Modes(protocol="pacgan")(Evaluation(digits, digits.test.x))


def test_counts_are_of_each_mode(digits):
    scores = scores_of(Modes(counts=True), digits, digits.test.x[digits.test.y == 3])
    assert scores["count.3"] >= 45
    assert sum(value for name, value in scores.items() if name.removeprefix("count.").isdigit()) == 51
    with pytest.raises(Incompatible, match="1,000 counts are too many"):
        scores_of(Modes(counts=True), StackedDigits(), StackedDigits().test.x[:10])


def test_kl_to_equal_shares_and_to_the_data_s_own(digits):
    x = torch.cat([digits.test.x[digits.test.y == d][:40] for d in range(10)])
    scores = scores_of(Modes(), digits, x)
    assert scores["kl.uniform"] < 0.002
    assert scores["kl"] == pytest.approx(scores["kl.uniform"], abs=0.003)


# ---------------------------------------------------------------- from near


def test_true_modes_are_as_wide_as_they_should_be_and_centred():
    data = Ring()
    x = true(data, 200_000)
    found = mode_shapes(x, data.modes(x), data.centres, data.sigma)
    assert found["spread"] == pytest.approx(1, abs=0.005)
    assert found["w2"] == pytest.approx(0, abs=0.05)


def test_contracted_and_shifted_modes_show():
    data = Grid25()
    around = data.centres[torch.arange(25).repeat(400)]
    thin = around + 0.5 * data.sigma * normal(10_000, 2, dtype=torch.float32)
    found = mode_shapes(thin, data.modes(thin), data.centres, data.sigma)
    assert found["spread"] == pytest.approx(0.5 / KEPT**0.5, rel=0.02)  # nothing of it is cut off at 3 sigma
    assert found["w2"] == pytest.approx(2**0.5 * (1 - 0.5 / KEPT**0.5), rel=0.03)
    shifted = around + data.sigma * torch.tensor([0.6, -0.8])
    points = mode_shapes(shifted, data.modes(shifted), data.centres, data.sigma)
    assert points["spread"] == pytest.approx(0, abs=1e-4)
    assert points["w2"] == pytest.approx((1 + 2) ** 0.5, rel=1e-4)  # a sigma aside, and without its two deviations


def test_modes_of_few_points_have_no_shape():
    data = Ring()
    found = mode_shapes(data.centres, data.modes(data.centres), data.centres, data.sigma)
    assert all(math.isnan(value) for value in found.values())


# ---------------------------------------------------------------- images of high quality


def test_held_out_digits_are_of_high_quality_and_others_are_not(digits):
    real = scores_of(HighQuality(), digits, digits.test.x)
    assert real["hq@95"] == real["hq@95.floor"] == pytest.approx(0.955, abs=0.01)
    assert real["modes@1.hq"] == real["modes@5.hq"] == 10
    blurred = torch.nn.functional.avg_pool2d(digits.test.x.float(), 3, 1, 1).round().to(torch.uint8)
    plain, good = scores_of(Modes(), digits, blurred), scores_of(HighQuality(), digits, blurred)
    assert plain["modes@1"] == 10  # a blurred digit covers its mode
    assert good["hq@95"] < 0.5
    assert scores_of(HighQuality(), digits, noise(500, 1, 8, 8))["hq@95"] < 0.2


def test_stacked_digits_of_the_test_split_have_a_thousand_modes():
    data = StackedDigits()
    scores = coverage(SampleSet(data, data.test.x))
    assert len(data.test.x) == 26_000
    assert scores["modes@1"] == 1_000
    assert scores["kl"] == scores["kl.uniform"] < 0.05


@pytest.mark.slow
def test_stacked_mnist_s_real_triples_have_a_thousand_modes_and_a_known_kl():
    """999 / 52,000 = 0.0192 of the number of samples, and three times what MNIST's classes are unequal by."""
    try:
        found = MNIST.files.find()
    except DataError:
        found = None
    if not found:
        pytest.skip("MNIST left out: GANZOO_DATA does not point to a folder that holds mnist/")
    data = StackedMNIST()
    x = data.test.x
    scores = coverage(SampleSet(data, x))
    assert len(x) == 26_000
    assert scores["modes@1"] == 1_000
    assert scores["kl.uniform"] == pytest.approx(0.024, abs=0.002)
