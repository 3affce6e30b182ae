"""KID, precision, recall, density, coverage, and distances to neighbours."""

import pytest
import torch
from helpers.measures import Some, noise, normal, rows, scores_of

from ganzoo.zoo.datasets.digits import Digits
from ganzoo.zoo.datasets.mixtures import Ring
from ganzoo.zoo.metrics.kid import KID, mmd
from ganzoo.zoo.metrics.prdc import PRDC, nearest_distance, prdc, radii


@pytest.fixture(scope="module")
def digits():
    return Digits()


def line(*x):
    return torch.tensor(x, dtype=torch.float32)[:, None]


def test_balls_reach_to_the_kth_neighbour():
    assert radii(line(0, 1, 3, 7), 1).tolist() == [1, 1, 2, 4]
    assert radii(line(0, 1, 3, 7), 2).tolist() == [3, 2, 3, 6]
    assert nearest_distance(line(0, 10), line(1, 3, 8), 2).tolist() == [[1, 3], [2, 7]]


def test_prdc_by_hand():
    """Real balls with k = 1: [-1, 1], [0, 2], [1, 5], [3, 11]. Generated ones: [0.2, 0.8] twice, [-60, 160]."""
    real, fake = line(0, 1, 3, 7), line(0.5, 0.2, 50)
    found = prdc(real, torch.cat([fake[:2], fake[2:]]), 1)
    assert found["precision"] == pytest.approx(2 / 3)  # 50 is in none
    assert found["density"] == pytest.approx(4 / 3)  # two balls each, of two of three
    assert found["coverage"] == pytest.approx(2 / 4)
    assert found["recall"] == 1  # the outlier's ball has all: what coverage mends


def test_the_same_distribution_has_density_one_and_a_known_coverage():
    k, n = 5, 2_000
    found = prdc(normal(n, 6, dtype=torch.float32), normal(n, 6, seed=1, dtype=torch.float32), k)
    assert found["density"] == pytest.approx(1, abs=0.05)
    assert found["coverage"] == pytest.approx(1 - 2**-k, abs=0.015)


def test_far_samples_score_nothing():
    real = normal(100, 3, dtype=torch.float32)
    assert set(prdc(real, real + 100, 5).values()) == {0}


def test_copies_lie_in_the_balls_whose_radius_they_are():
    real = 100 + normal(300, 48, dtype=torch.float32)
    found = prdc(real, real, 5)
    assert (found["precision"], found["recall"], found["coverage"]) == (1, 1, 1)
    assert found["density"] == pytest.approx(1 + 1 / 5)  # each, its own ball, and those it is one of five neighbours in
    same = torch.ones(20, 3)
    assert prdc(same, same, 5)["coverage"] == 1


@pytest.mark.parametrize("far", [1e4, 1e9])
def test_one_far_sample_changes_only_what_is_its_own(far):
    """Distances of the others are below the rounding of the outlier's norm."""
    real, fake = (1e-2 * normal(400, 2, seed=seed, dtype=torch.float32) for seed in (0, 1))
    plain = prdc(real, fake, 5)
    odd = prdc(real, torch.cat([fake[:-1], torch.full((1, 2), far)]), 5)
    assert odd["density"] == pytest.approx(plain["density"], abs=0.01)
    assert odd["coverage"] == pytest.approx(plain["coverage"], abs=0.01)
    assert odd["precision"] == pytest.approx(plain["precision"], abs=0.01)
    assert odd["recall"] >= plain["recall"]  # the outlier's own ball may have all: the known weakness of recall
    odd = prdc(torch.cat([real[:-1], torch.full((1, 2), far)]), fake, 5)
    assert odd["recall"] == pytest.approx(plain["recall"], abs=0.01)
    assert odd["density"] == pytest.approx(plain["density"], abs=0.21)  # 1 / 5 is the outlier's ball, if it has all


def test_missing_modes_cost_recall_and_coverage_only(digits):
    few = digits.test.x[digits.test.y < 5]
    half, whole = (scores_of(PRDC(), digits, x) for x in (few, digits.test.x[: len(few)]))
    assert half["precision"] > 0.9 * whole["precision"]
    assert half["coverage"] < 0.7 * whole["coverage"]
    assert whole["coverage"] == pytest.approx(whole["coverage.floor"], abs=0.06)


def test_prdc_of_noise_and_of_few(digits):
    scores = scores_of(PRDC(extractor="randconv"), digits, noise(500, 1, 8, 8))
    assert scores["precision"] < 0.05
    assert set(scores_of(PRDC(), digits, digits.test.x[:5]).values()) == {None}


def test_the_kernel_distance_has_its_closed_form():
    """Of points at 1 and at -1 in one dimension: k(a, a) = 8 and k(a, b) = 0."""
    one = torch.ones(4, 1)
    assert mmd(one, -one) == pytest.approx(16)
    assert mmd(one, one) == 0


def test_the_kernel_distance_has_no_bias():
    draws = [mmd(normal(40, 5, seed=2 * i), normal(60, 5, seed=2 * i + 1)) for i in range(200)]
    mean, error = torch.tensor(draws).mean(), torch.tensor(draws).std() / 200**0.5
    assert abs(mean) < 3 * error


def test_kid_of_digits(digits):
    real, blurred = digits.test.x, noise(500, 1, 8, 8)
    assert abs(scores_of(KID(), digits, real)["kid"]) < 0.1 * scores_of(KID(), digits, blurred)["kid"]
    subsets = scores_of(KID(size=100, subsets=20), digits, real)
    assert subsets["kid.sd"] > 0
    assert abs(subsets["kid"]) < 4 * subsets["kid.sd"]


def test_one_subset_is_a_part_of_the_samples(digits):
    real = digits.test.x[:200]
    one, two, whole = (scores_of(KID(subsets=n, size=size), digits, real) for n, size in ((1, 50), (2, 50), (1, 200)))
    assert "kid.sd" not in one
    assert one["kid"] != whole["kid"]
    assert two["kid"] != whole["kid"]


def test_kid_of_points():
    scores = scores_of(KID(), Ring(), Ring().test.x[:1500] * 2)
    assert scores["kid"] > 100 * abs(scores["kid.floor"])


def test_a_memoriser_is_inside_every_ball():
    data = Some()
    scores = scores_of(PRDC(k=3), data, data.train.x[rows(200, 100)])
    assert scores["precision"] > 0.7
