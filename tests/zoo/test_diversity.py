"""How alike samples are, how far sorted projections lie apart, which bins differ, what is copied."""

import math

import pytest
import torch
from helpers.measures import Coloured, Some, noise, normal, rows, scores_of

from ganzoo.interfaces.datasets import Split
from ganzoo.support.errors import Incompatible
from ganzoo.zoo.datasets.digits import Digits
from ganzoo.zoo.datasets.mixtures import Grid25, Ring
from ganzoo.zoo.metrics.base import Evaluation
from ganzoo.zoo.metrics.memorization import Memorization
from ganzoo.zoo.metrics.ms_ssim import Similarity, ms_ssim, pairs, scales_of
from ganzoo.zoo.metrics.ndb import NDB, counts, differing
from ganzoo.zoo.metrics.swd import SWD, descriptors, pyramid, wasserstein
from ganzoo.zoo.metrics.vendi import Vendi, vendi


@pytest.fixture(scope="module")
def digits():
    return Digits()


# ---------------------------------------------------------------- Vendi score


def test_vendi_counts_what_differs():
    kinds = torch.eye(5, 8)
    assert vendi(kinds) == pytest.approx(5)
    assert vendi(kinds.repeat(4, 1)) == pytest.approx(5)  # fewer features than samples
    assert vendi(kinds[:1].repeat(6, 1)) == pytest.approx(1)
    assert vendi(3 * kinds.repeat(4, 1)) == pytest.approx(5)  # the length of features does not matter
    shares = torch.tensor([0.75, 0.25])
    entropy = -(shares * shares.log()).sum().item()
    assert vendi(kinds[[0, 0, 0, 1]]) == pytest.approx(math.exp(entropy))


def test_vendi_over_that_of_real_data(digits):
    whole = scores_of(Vendi(), digits, digits.test.x)
    assert whole["vendi"] == pytest.approx(whole["vendi.floor"]) == pytest.approx(1, abs=0.05)
    assert scores_of(Vendi(), digits, digits.test.x[digits.test.y == 1].repeat(8, 1, 1, 1))["vendi"] < 0.5


def test_points_have_no_vendi_score():
    with pytest.raises(Incompatible, match="those of ring8 are the points themselves, of which at most 2 can differ"):
        scores_of(Vendi(), Ring(), Ring().test.x)


# ---------------------------------------------------------------- MS-SSIM


def test_equal_images_are_alike_and_flat_ones_by_the_formula():
    x = noise(3, 2, 44, 44).double()
    assert ms_ssim(x, x).tolist() == pytest.approx([1, 1, 1])
    a, b, c1 = 50.0, 200.0, (0.01 * 255) ** 2
    flat = [torch.full((1, 1, 176, 176), level, dtype=torch.float64) for level in (a, b)]
    luminance = (2 * a * b + c1) / (a**2 + b**2 + c1)
    assert ms_ssim(*flat).item() == pytest.approx(luminance**0.1333, rel=1e-4)  # structure is 1; five scales


def test_an_inverted_image_is_not_alike():
    x = noise(4, 1, 32, 32).double()
    assert ms_ssim(x, 255 - x).max() == 0
    assert 0 < ms_ssim(x, (x + 20 * normal(4, 1, 32, 32)).clamp(0, 255)).mean() < 1


def test_pairs_are_of_one_class_and_differ():
    classes = torch.tensor([0, 1, 0, 1, 1, 2])
    found = pairs(classes, 10)
    assert len(found) == 3
    assert (found[:, 0] != found[:, 1]).all()
    assert (classes[found[:, 0]] == classes[found[:, 1]]).all()


def test_a_generator_that_repeats_itself_is_more_alike_than_real_data():
    data = Coloured()
    few = scores_of(Similarity(), data, data.test.x[:3].repeat(20, 1, 1, 1))
    assert few["ms-ssim"] > few["ms-ssim.floor"] + 0.1
    real = scores_of(Similarity(), data, data.test.x)
    assert real["ms-ssim"] == pytest.approx(real["ms-ssim.floor"], abs=0.05)


def test_the_protocol_names_the_scales_that_fit():
    assert [scales_of(side) for side in (11, 21, 22, 32, 64, 175, 176, 500)] == [1, 1, 2, 2, 3, 4, 5, 5]
    for size, scales in ((32, 2), (64, 3)):
        data = Coloured(n=8, size=size)
        (score, *_) = Similarity()(Evaluation(data, data.test.x))
        assert score.protocol.endswith(f",scales={scales}")


class Labelled(Coloured):
    """Two classes that differ in brightness, so that images of one class are far more alike than any two."""

    def load(self):
        y = torch.arange(self.n) % 2
        return tuple(
            Split((split.x // 8 + 200 * y[:, None, None, None]).to(torch.uint8), y) for split in super().load()
        )


def test_the_floor_pairs_as_the_samples_do():
    data = Labelled()
    (with_classes, floor), (without, floor_without) = (
        [(s.protocol, s.value) for s in Similarity()(Evaluation(data, data.test.x, y))] for y in (data.test.y, None)
    )
    assert with_classes[1] == pytest.approx(floor[1], abs=0.05)
    assert without[1] == pytest.approx(floor_without[1], abs=0.05)
    assert with_classes[1] > without[1] + 0.05
    assert (with_classes[0], without[0]) == (
        "n=60,pairs=1000,classes=requested,scales=2",
        "n=60,pairs=1000,classes=one,scales=2",
    )


def test_classes_of_samples_mean_nothing_where_real_data_has_none():
    data = Coloured()
    (score, floor) = Similarity()(Evaluation(data, data.test.x, torch.arange(60) % 2))
    assert score.protocol.endswith("classes=one,scales=2")
    assert score.value == pytest.approx(floor.value, abs=0.05)


def test_small_images_and_points_have_no_ms_ssim(digits):
    with pytest.raises(Incompatible, match="32 pixels a side or more, and digits has 8 x 8 pixels"):
        scores_of(Similarity(), digits, digits.test.x)
    with pytest.raises(Incompatible, match="and ring8 is points"):
        scores_of(Similarity(), Ring(), Ring().test.x)


# ---------------------------------------------------------------- sliced Wasserstein distance


def test_a_shift_is_as_long_as_its_projections():
    """E|cos| of a random direction in the plane is 2 / pi."""
    x = normal(500, 2)
    assert wasserstein(x, x, 64) == 0
    assert wasserstein(x, x + torch.tensor([3.0, 0.0]), 4096) == pytest.approx(3 * 2 / math.pi, rel=0.03)
    assert wasserstein(x, x.flip(0), 16) < 1e-12  # the order does not matter


def test_a_pyramid_adds_up_again():
    x = normal(2, 3, 64, 64)
    levels = list(pyramid(x))
    assert [level.shape[2] for level in levels] == [64, 32, 16]
    assert len(list(pyramid(x[:, :, :28, :28]))) == 1
    flat = list(pyramid(torch.ones(1, 1, 32, 32, dtype=torch.float64)))
    assert flat[0].abs().max() < 1e-12  # nothing is lost of what is flat: the filters keep levels
    assert torch.allclose(flat[1], torch.ones(1, 1, 16, 16, dtype=torch.float64))


def test_descriptors_are_normal_in_each_channel():
    (found,) = descriptors(noise(50, 3, 16, 16), 8)
    channels = found.reshape(400, 3, 49)
    assert found.shape == (400, 147)
    assert channels.mean((0, 2)).abs().max() < 1e-5
    assert (channels.std((0, 2)) - 1).abs().max() < 1e-5


def test_swd_of_images_and_points(digits):
    real, scores = (scores_of(SWD(patches=16), digits, x) for x in (digits.test.x, noise(500, 1, 8, 8)))
    assert real["swd"] == pytest.approx(real["swd.floor"], rel=0.1)  # the same images, other patches
    assert scores["swd"] > 5 * scores["swd.floor"]
    levels = scores_of(SWD(patches=4, projections=64), Coloured(), noise(60, 3, 32, 32))
    assert levels["swd"] == pytest.approx((levels["swd.32"] + levels["swd.16"]) / 2)
    ring = scores_of(SWD(), Ring(), Ring().test.x[:1000] * 1.1)
    assert ring["swd"] > 2 * ring["swd.floor"]


# ---------------------------------------------------------------- bins


def test_shares_differ_by_the_z_test():
    """p = 150 / 2000, error sqrt(.075 * .925 * 2 / 1000) = .01178: 1.96 of them are 23.1 of 1,000."""
    for more, different in ((23, False), (24, True)):
        a = torch.tensor([75 + more / 2, 925 - more / 2])
        b = torch.tensor([75 - more / 2, 925 + more / 2])
        assert differing(a, b, 0.05).tolist() == [different] * 2
    assert differing(torch.tensor([0, 5]), torch.tensor([0, 5]), 0.05).tolist() == [False, False]


def test_counts_are_of_the_nearest():
    assert counts(torch.tensor([[0.1], [0.9], [1.2]]), torch.tensor([[0.0], [1.0], [9.0]]).double()).tolist() == [
        1,
        2,
        0,
    ]


def test_bins_of_a_grid_that_misses_modes():
    data = Grid25()
    whole, half = (scores_of(NDB(), data, x) for x in (data.test.x, data.test.x[data.test.y < 12].repeat(2, 1)))
    assert whole["ndb"] == whole["ndb.floor"] < 0.13  # 0.05 and what 100 tests vary by
    assert half["ndb"] > 0.9


def test_more_bins_than_samples_are_refused():
    with pytest.raises(Incompatible, match="200 training samples have no 300 bins"):
        scores_of(NDB(k=300), Some(), Some().test.x)


# ---------------------------------------------------------------- memorization


def test_copies_are_found(digits):
    honest, copies = (scores_of(Memorization(), digits, x) for x in (digits.test.x, digits.train.x[rows(1297, 500)]))
    assert honest["memorization"] == honest["memorization.floor"] == pytest.approx(1)
    assert copies["memorization"] == copies["memorization.memoriser"] == pytest.approx(0, abs=1e-3)
    again = scores_of(Memorization(), digits, digits.train.x[rows(1297, 1500)])
    assert again["memorization.gap"] < -0.5
    assert honest["memorization.gap"] > 0  # the test split itself
    assert scores_of(Memorization(), digits, noise(500, 1, 8, 8))["memorization"] > 1.5


def test_few_samples_have_no_gap():
    scores = scores_of(Memorization(), Some(held_out=40), Some().train.x[:40])
    assert scores["memorization.gap"] is None
    assert scores["memorization"] == pytest.approx(0, abs=1e-3)
