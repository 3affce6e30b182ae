import itertools
import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from ganzoo.data import Split
from ganzoo.datasets.base import Images
from ganzoo.datasets.digits import Digits
from ganzoo.datasets.mixtures import Grid, Ring
from ganzoo.interfaces import Incompatible
from ganzoo.metrics.base import Evaluation
from ganzoo.metrics.coverage import HighQuality, Modes, kl
from ganzoo.metrics.frechet import FID, Gaussian, Moments
from ganzoo.records import value


def normal(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


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


def test_shards_add_up_in_any_order():
    x = normal(90, 5) + 3
    whole = Moments.of(x, x.mean(0))
    for order in itertools.permutations(torch.split(x, [10, 30, 50])):
        first, *others = (Moments.of(shard, x.mean(0)) for shard in order)
        merged = sum(others, first)
        assert (merged.mean - whole.mean).abs().max() < 1e-10
        assert (merged.covariance - whole.covariance).abs().max() < 1e-10
    with pytest.raises(ValueError, match="different shifts"):
        whole + Moments.of(x, x[0])


@pytest.mark.parametrize("offset", [0.0, 5.0])
def test_torch_fidelity_agrees(offset):
    metric_fid = pytest.importorskip("torch_fidelity.metric_fid")
    a, b = normal(300, 16), normal(200, 16, seed=1) @ spread(16, 3) + offset
    stats = [{"mu": x.numpy().mean(0), "sigma": np.cov(x.numpy(), rowvar=False)} for x in (a, b)]
    theirs = metric_fid.fid_statistics_to_metric(*stats, verbose=False)["frechet_inception_distance"]
    assert Gaussian.fit(a.split(70)).distance_to_samples(b) == pytest.approx(theirs, rel=1e-6)


# ---------------------------------------------------------------- FID


@pytest.fixture(scope="module")
def digits():
    return Digits()


def fid(data, x):
    scores = FID()(Evaluation(data, x))
    return {key.partition("[")[0]: value for key, value in scores.items()}


def test_fid_names_its_protocol(digits):
    train, test = (f"[{digits.extractor.key},ref=digits/{split},n=500]" for split in ("train:1297", "test:500"))
    names = [f"{name}{train}" for name in ("fid", "fid.sd", "fid.floor", "fid.memoriser")]
    names[2] = names[2].replace("]", ",resplits=40]")
    names += [f"{name}{test}" for name in ("fid.heldout", "fid.heldout.floor")]
    assert list(FID()(Evaluation(digits, digits.train.x))) == [n.replace("=500", "=432") for n in names]
    assert list(FID()(Evaluation(digits, digits.test.x.repeat(3, 1, 1, 1)))) == names


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


@dataclass(eq=False)
class Some(Images):
    """Some of the digits, with an option as a folder has one."""

    first: int = 0
    held_out: int = 100

    name = "some"
    labels = n_modes = 10
    prior = torch.full((10,), 0.1, dtype=torch.float64)
    metrics = ("fid", "modes")
    extractor = Digits.extractor
    modes = Digits.modes

    def load(self):
        train, test = Digits().train, Digits().test
        return Split(train.x[self.first : self.first + 200]), Split(test.x[: self.held_out])


def test_few_samples_have_no_fid(digits):
    x = digits.train.x
    assert len(FID()(Evaluation(digits, x[:149]))) == 6
    assert set(FID()(Evaluation(digits, x[:149])).values()) == {None}
    assert None not in FID()(Evaluation(digits, x[:150])).values()
    assert set(FID()(Evaluation(Some(held_out=49), x)).values()) == {None}


def test_keys_say_which_data_where_the_data_have_options(digits):
    first, again, other = Some(), Some(), Some(first=200)
    evaluations = [Evaluation(data, digits.test.x) for data in (first, again, other)]
    keys = [[*FID()(e), *Modes()(e)] for e in evaluations]
    assert f"fid[{digits.extractor.key},ref=some@{first.revision}/train:200,n=100]" in keys[0]
    assert f"kl[{digits.extractor.key},ref=some@{first.revision}/train:200,n=500]" in keys[0]
    assert keys[0] == keys[1]
    assert not set(keys[0]) & set(keys[2])


def test_features_that_are_not_finite_have_no_fid(digits):
    evaluation = Evaluation(digits, digits.train.x)
    evaluation.features = torch.full((1297, 48), math.nan)
    assert math.isnan(value(FID()(evaluation), "fid"))


def test_a_reference_is_computed_once_for_a_data_set(monkeypatch):
    data, calls = Digits(), []
    monkeypatch.setattr(Gaussian, "fit", lambda parts, fit=Gaussian.fit: calls.append(1) or fit(parts))
    for _ in range(3):
        fid(data, data.train.x)
    assert calls == [1] * 42  # train, test, and 40 other partitions of the two


# ---------------------------------------------------------------- coverage


def scores_of(metric, data, x):
    return {key.partition("[")[0]: v for key, v in metric(Evaluation(data, x)).items()}


def test_modes_are_counted_from_one_and_from_five_samples():
    data = Grid()
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
    assert f"modes@1[{digits.extractor.key},n=500]" in Modes()(Evaluation(digits, digits.test.x))
    assert "kl[n=100]" in Modes()(Evaluation(Ring(), Ring().train.x[:100]))


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
    with pytest.raises(Incompatible, match="points only, and digits is image; take hq out of its metrics"):
        HighQuality()(Evaluation(digits, digits.test.x))


@pytest.mark.parametrize("metric", [FID, Modes, HighQuality])
def test_metrics_say_which_way_is_better(metric):
    assert set(metric.better.values()) <= {"lower", "higher"}
