"""Frechet distance."""

import math

import numpy as np
import pytest
import torch
from helpers.measures import Some, normal, scores_of

from ganzoo.interfaces.scores import to_metrics, value_of
from ganzoo.support.errors import Incompatible
from ganzoo.zoo.datasets.digits import Digits
from ganzoo.zoo.metrics.base import Evaluation
from ganzoo.zoo.metrics.features import Features
from ganzoo.zoo.metrics.fid import FID, extrapolate
from ganzoo.zoo.metrics.gaussian import Gaussian, Moments
from ganzoo.zoo.metrics.modes import Modes


def spread(width, seed):
    """A covariance of full rank."""
    root = normal(width, width, seed=seed)
    return root @ root.T + 0.1 * torch.eye(width, dtype=torch.float64)


# ---------------------------------------------------------------- Frechet distance


def test_distance_of_equal_covariances_is_that_of_the_means():
    covariance, shift = spread(6, 0), normal(6)
    reference = Gaussian(torch.zeros(6, dtype=torch.float64), covariance)
    assert reference.distance(shift, covariance) == pytest.approx(shift.square().sum().item(), abs=1e-11)


def test_distance_of_commuting_covariances():
    a, b = (normal(40, seed=s).exp() for s in (1, 2))
    a[0], b[1] = 0, 0
    zero = torch.zeros(40, dtype=torch.float64)
    expected = (a.sqrt() - b.sqrt()).square().sum().item()
    found = Gaussian(zero, a.diag()).distance(zero, b.diag())
    assert found == pytest.approx(expected, abs=1e-12 * (a.sum() + b.sum()).item())


def test_distance_is_symmetric_and_zero_to_itself():
    mean, a, b = torch.zeros(8, dtype=torch.float64), spread(8, 1), spread(8, 2)
    assert Gaussian(mean, a).distance(mean, b) == pytest.approx(Gaussian(mean, b).distance(mean, a), rel=1e-12)
    assert Gaussian(mean, a).distance(mean, a) == pytest.approx(0, abs=1e-12 * a.trace().item())


def test_the_root_is_a_triangle_also_of_a_covariance_without_full_rank():
    x = normal(30, 3, seed=5) @ normal(3, 6, seed=6)
    of_few = Gaussian.fit([x])
    assert torch.equal(of_few.root, of_few.root.tril())
    assert torch.allclose(of_few.root @ of_few.root.T, of_few.covariance, atol=1e-12)
    other = Gaussian.fit([normal(40, 6, seed=7)])
    assert of_few.distance(other.mean, other.covariance) == pytest.approx(
        other.distance(of_few.mean, of_few.covariance), rel=1e-6
    )


def test_a_collapsed_generator_is_measured():
    reference = Gaussian.fit([normal(100, 5)])
    point = torch.ones(5, dtype=torch.float64)
    expected = ((reference.mean - point).square().sum() + reference.covariance.trace()).item()
    for n in (2, 50):
        assert reference.distance_to_samples(point.expand(n, 5)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("n", [3, 11, 12])
def test_few_samples_are_measured_as_the_full_formula_does(n):
    reference, few = Gaussian.fit([normal(100, 12)]), normal(n, 12, seed=1)
    moments = Moments.of(few, reference.mean)
    full = reference.distance(moments.mean, moments.covariance)
    assert reference.distance_to_samples(few) == pytest.approx(full, rel=1e-6)


def test_moments_are_those_of_numpy_far_from_zero():
    x = normal(500, 4) + 1e6
    moments = Moments.of(x, x[:50].mean(0))
    assert moments.mean.numpy() == pytest.approx(x.numpy().mean(0), rel=1e-14)
    assert moments.covariance.numpy() == pytest.approx(np.cov(x.numpy(), rowvar=False), rel=1e-8, abs=1e-9)


# ---------------------------------------------------------------- FID


@pytest.fixture(scope="module")
def digits():
    return Digits()


def fid(data, x):
    return scores_of(FID(), data, x)


def test_fid_names_its_protocol(digits):
    train, test = (f"[{digits.extractor.key},ref=digits/{split},n=500]" for split in ("train:1297", "test:500"))
    names = [f"{name}{train}" for name in ("fid", "fid.sd", "fid.floor", "fid.memoriser")]
    names[2] = names[2].replace("]", ",resplits=40]")
    names += [f"{name}{test}" for name in ("fid.heldout", "fid.heldout.floor")]
    assert list(to_metrics(FID()(Evaluation(digits, digits.train.x)))) == [n.replace("=500", "=432") for n in names]
    assert list(to_metrics(FID()(Evaluation(digits, digits.test.x.repeat(3, 1, 1, 1))))) == names


def test_the_test_split_scores_its_floor():
    data = Some()
    scores = fid(data, data.test.x.repeat(3, 1, 1, 1))
    assert scores["fid"] == pytest.approx(scores["fid.floor"], rel=1e-9)
    assert scores["fid.sd"] == pytest.approx(0, abs=1e-9)


def test_the_floor_of_a_random_partition_is_the_mean_over_many(digits):
    pool = digits.extractor(torch.cat([digits.train.x, digits.test.x]))
    generator, draws = torch.Generator().manual_seed(1), []
    for _ in range(40):
        order = torch.randperm(1797, generator=generator)
        draws.append(Gaussian.fit([pool[order[:1297]]]).distance_to_samples(pool[order[1297:]]))
    assert fid(digits, digits.test.x.repeat(3, 1, 1, 1))["fid.floor"] == pytest.approx(np.mean(draws), rel=0.15)


def test_learning_the_train_split_by_heart_gains_nothing_on_held_out_data(digits):
    memorised = fid(digits, digits.train.x[torch.randint(1297, (1500,), generator=torch.Generator().manual_seed(0))])
    assert memorised["fid.heldout"] > 0.7 * memorised["fid.heldout.floor"]  # 1 but for the luck of the draws
    assert fid(digits, digits.test.x.repeat(3, 1, 1, 1))["fid.heldout"] == pytest.approx(0, abs=1e-6)


def test_fid_is_the_mean_of_three_draws(digits):
    x = digits.train.x[:1200]
    reference = Gaussian.fit([digits.extractor(digits.train.x)])
    draws = [reference.distance_to_samples(digits.extractor(part)) for part in x.split(400)]
    scores = fid(digits, x)
    assert scores["fid"] == pytest.approx(np.mean(draws), rel=1e-6)
    assert scores["fid.sd"] == pytest.approx(np.std(draws, ddof=1), rel=1e-4)


def test_noise_blur_and_a_memoriser_of_100_images_lose(digits):
    generator = torch.Generator().manual_seed(0)
    hundred = digits.train.x[torch.randint(100, (1500,), generator=generator)]
    noise = torch.randint(256, (1500, 1, 8, 8), generator=generator).to(torch.uint8)
    blurred = torch.nn.functional.avg_pool2d(digits.train.x.float(), 3, 1, 1).round().to(torch.uint8)
    for x, factor in ((hundred, 3), (noise, 50), (blurred, 20)):
        scores = fid(digits, x)
        assert scores["fid"] > factor * scores["fid.floor"]


def test_few_samples_have_no_fid(digits):
    x = digits.train.x
    assert len(fid(digits, x[:149])) == 6
    assert set(fid(digits, x[:149]).values()) == {None}
    assert None not in fid(digits, x[:150]).values()
    assert set(fid(Some(held_out=49), x).values()) == {None}


def test_keys_say_which_data_where_the_data_have_options(digits):
    first, again, other = Some(), Some(), Some(first=200)
    evaluations = [Evaluation(data, digits.test.x) for data in (first, again, other)]
    keys = [list(to_metrics([*FID()(e), *Modes()(e)])) for e in evaluations]
    assert f"fid[{digits.extractor.key},ref=some@{first.revision}/train:200,n=100]" in keys[0]
    assert f"kl[{digits.extractor.key},ref=some@{first.revision}/train:200,n=500]" in keys[0]
    assert keys[0] == keys[1]
    assert not set(keys[0]) & set(keys[2])


def test_features_that_are_not_finite_have_no_fid(digits):
    evaluation = Evaluation(digits, digits.train.x)
    evaluation._features[digits.extractor.key] = Features([torch.full((1297, 48), math.nan)], 1297)
    assert math.isnan(value_of(FID()(evaluation), "fid"))


def test_a_reference_is_computed_once_for_a_data_set(monkeypatch):
    data, calls = Digits(), []
    monkeypatch.setattr(Gaussian, "fit", lambda parts, fit=Gaussian.fit: calls.append(1) or fit(parts))
    for _ in range(3):
        fid(data, data.train.x)
    assert calls == [1] * 42  # train, test, and 40 other partitions of the two


def test_draws_and_their_size_are_options(digits):
    one = FID(draws=1, n=400)(Evaluation(digits, digits.test.x))
    assert [score.name for score in one if score.value is None] == ["fid.sd"]
    assert all(score.protocol.endswith(",n=400,draws=1") for score in one if "resplits" not in score.protocol)
    with pytest.raises(Incompatible, match="1,200 samples are needed, but there are 500"):
        FID(n=400)(Evaluation(digits, digits.test.x))


def test_without_as_much_held_out_data_there_is_no_floor():
    data = Some()
    x = Digits().train.x[:150]
    scores = scores_of(FID(draws=1, n=150), data, x)
    assert scores["fid"] > 0
    assert scores["fid.floor"] is None
    assert scores["fid.heldout.floor"] > 0  # the train split has 200
    assert scores_of(FID(draws=1, n=210), data, Digits().train.x[:300])["fid.heldout.floor"] is None


# ---------------------------------------------------------------- extrapolation


def test_prefixes_are_measured_as_if_each_were_alone():
    reference, x = Gaussian.fit([normal(500, 12)]), normal(90, 12, seed=1) + 0.3
    sizes = [5, 12, 13, 60, 90]
    alone = [reference.distance_to_samples(x[:n]) for n in sizes]
    assert list(reference.distances(x, sizes)) == pytest.approx(alone, rel=1e-9)


def test_infinitely_many_samples_have_no_bias():
    """Of the same Gaussian, whose distance is 0, and of one whose mean is a half aside: 12 / 4."""
    width = 12
    exact = Gaussian(torch.zeros(width, dtype=torch.float64), torch.eye(width, dtype=torch.float64))
    for shift, truth in ((0.0, 0.0), (0.5, 3.0)):
        x = normal(2_000, width, seed=5) + shift
        few = exact.distance_to_samples(x) - truth
        assert abs(extrapolate(exact, x) - truth) < max(0.4 * few, 0.15)


def test_fid_inf_is_below_fid(digits):
    scores = FID(inf=True)(Evaluation(digits, digits.train.x))
    (score,) = (score for score in scores if score.name == "fid.inf")
    assert score.protocol.endswith(",ref=digits/train:1297,n=1296")
    assert score.value < value_of(scores, "fid")
