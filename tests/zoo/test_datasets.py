import math
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import pytest
import torch
from msgspec import Meta

import ganzoo
from ganzoo.interfaces.datasets import lacking
from ganzoo.zoo.datasets.digits import Digits, StackedDigits
from ganzoo.zoo.datasets.images import Images
from ganzoo.zoo.datasets.mixtures import Grid25, Moons, Ring, Spiral, SwissRoll
from ganzoo.zoo.metrics.modes import kl

CURVES = [Spiral, SwissRoll, Moons]


@pytest.fixture(scope="module")
def digits():
    return Digits()


@pytest.fixture(scope="module")
def stacked():
    return StackedDigits()


def test_digits_are_all_there_and_split_by_class(digits):
    assert digits.train.x.shape == (1297, 1, 8, 8)
    assert digits.test.x.shape == (500, 1, 8, 8)
    counts = torch.stack([torch.bincount(split.y) for split in (digits.train, digits.test)]).double()
    shares = counts / counts.sum(1, keepdim=True)
    assert (shares[0] - shares[1]).abs().max() < 0.002
    assert torch.allclose(digits.prior, shares[0])


def test_digits_use_the_whole_range_of_uint8(digits):
    assert digits.train.x.dtype == torch.uint8
    assert (digits.train.x.min(), digits.train.x.max()) == (0, 255)
    assert len(digits.train.x.unique()) == 17


def test_no_test_digit_is_trained_on(digits):
    train = {x.numpy().tobytes() for x in digits.train.x}
    assert not train & {x.numpy().tobytes() for x in digits.test.x}


def test_channels_of_stacked_digits_are_digits_of_the_same_split(digits, stacked):
    assert stacked.train.x.shape == (128_000, 3, 8, 8)
    assert stacked.test.x.shape == (26_000, 3, 8, 8)
    for whole, single in ((stacked.train, digits.train), (stacked.test, digits.test)):
        known = {x.numpy().tobytes(): int(y) for x, y in zip(single.x, single.y, strict=True)}
        for x, y in zip(whole.x[:200], whole.y[:200], strict=True):
            a, b, c = (known[channel.numpy().tobytes()] for channel in x)
            assert y == 100 * a + 10 * b + c


def test_stacked_digits_have_all_modes_and_the_judge_reads_them(stacked):
    assert len(stacked.train.y.unique()) == stacked.n_modes == 1000
    assert (stacked.modes(stacked.test.x[:2000]) == stacked.test.y[:2000]).float().mean() > 0.97


@pytest.mark.parametrize("make", [Digits, Ring, Grid25, *CURVES])
def test_data_is_the_same_each_time(make):
    assert make().revision == make().revision
    assert len(make().revision) == 12


@pytest.mark.parametrize(
    "change",
    [
        lambda split: split._replace(x=split.x.reshape(-1, 1, 4, 16)),
        lambda split: split._replace(y=split.y.flip(0)),
        lambda split: split._replace(y=None),
    ],
)
def test_revision_depends_on_shape_and_labels(digits, change):
    class Other(Images):
        def load(self):
            return change(digits.train), digits.test

    assert Other().revision != digits.revision


def test_images_survive_encoding_and_decoding(digits):
    x = torch.arange(256, dtype=torch.uint8).reshape(4, 1, 8, 8)
    assert digits.encode(x).min() == -1
    assert digits.encode(x).max() == 1
    assert torch.equal(digits.decode(digits.encode(x)), x)
    assert digits.decode(torch.tensor([-9.0, 9.0, 0.0])).tolist() == [0, 255, 128]


@pytest.mark.parametrize("make", [Ring, Grid25, *CURVES])
def test_points_have_unit_spread_for_the_network(make):
    data = make()
    encoded = data.encode(data.train.x)
    assert encoded.square().mean().sqrt() == pytest.approx(1, abs=0.01)
    assert torch.allclose(data.decode(encoded), data.train.x, atol=1e-6)


@pytest.mark.parametrize(("make", "modes"), [(Ring, 8), (Grid25, 25)])
def test_true_points_are_of_high_quality_and_in_every_mode(make, modes):
    data = make()
    modes_of_test = data.modes(data.test.x)
    assert (modes_of_test >= 0).float().mean() == pytest.approx(0.9889, abs=0.006)
    assert modes_of_test.unique().tolist() == [-1, *range(modes)]
    assert torch.equal(data.nearest(data.test.x), data.test.y)
    assert data.prior.tolist() == [1 / modes] * modes


def test_constants_are_those_of_pacgan():
    assert Ring().centres.norm(dim=1) == pytest.approx(torch.ones(8))
    assert Grid25().centres.unique().tolist() == [-4, -2, 0, 2, 4]
    assert (Ring.sigma, Grid25.sigma) == (0.01, 0.05)


def test_a_point_belongs_to_a_mode_within_three_sigma():
    data = Ring()
    x = torch.tensor([[1.0, 0.0], [1.0299, 0.0], [1.0301, 0.0], [float("nan"), 0.0]])
    assert data.modes(x).tolist() == [0, 0, -1, -1]
    assert data.nearest(x).tolist() == [0, 0, 0, -1]


@pytest.mark.parametrize(
    ("make", "floor"), [(Ring, 0.0014), (Grid25, 0.0048), (Spiral, 0.02), (SwissRoll, 0.02), (Moons, 0.02)]
)
def test_kl_of_true_points_is_its_floor(make, floor):
    data = make()
    draws = [kl(data.nearest(x), data.prior) for x in data.train.x.split(2500)]
    assert sum(draws) / len(draws) == pytest.approx(floor, rel=0.2)


@pytest.mark.parametrize("make", CURVES)
def test_centres_of_a_curve_are_two_sigma_apart_and_nothing_else_is_near(make):
    data = make()
    arms = data.centres.chunk(data.arms)
    assert data.n_modes == 100
    for arm in arms:
        assert arm.diff(dim=0).norm(dim=1) == pytest.approx(torch.full((len(arm) - 1,), 2 * data.sigma), rel=0.02)
    near = (torch.cdist(data.centres, data.centres) < 6 * data.sigma).nonzero()
    assert (near[:, 0] - near[:, 1]).abs().max() == 3  # chords of a curve are shorter than it
    assert len({arm.norm(dim=1).sum().item() for arm in arms}) == 1


@pytest.mark.parametrize("make", CURVES)
def test_shares_of_a_curve_are_equal_whichever_centre_is_nearest(make):
    data = make()
    divergence = kl(data.nearest(data.draw(200_000, seed=3)[0]), data.prior)
    assert divergence == pytest.approx(99 / 400_000, abs=1.5e-4)  # chance alone; 1.5e-4 are shares wrong by 1.7 %


@pytest.mark.parametrize(("make", "arms"), [(Spiral, 2), (Moons, 2), (SwissRoll, 1)])
def test_labels_of_a_curve_are_its_arms(make, arms):
    data = make()
    if arms == 1:
        assert (data.labels, data.train.y) == (0, None)
        return
    assert data.labels == 2
    assert torch.bincount(data.train.y).tolist() == pytest.approx([50_000, 50_000], rel=0.02)
    assert (data.nearest(data.train.x) // 50 == data.train.y).double().mean() > 0.999


def test_curves_are_those_that_they_say():
    roll, spiral, moons = (make().centres.double() for make in (SwissRoll, Spiral, Moons))
    for arm, end, unit in ((roll, 4.5 * math.pi, 1 / (4.5 * math.pi)), (spiral[:50], 3 * math.pi, 1 / (3 * math.pi))):
        t = arm.norm(dim=1) / unit
        assert torch.atan2(arm[:, 1], arm[:, 0]).cos() == pytest.approx(t.cos(), abs=2e-3)
        assert t[-1] == pytest.approx(end)
    assert roll[0].norm() * 4.5 == pytest.approx(1.5)
    assert (moons[:50] - torch.tensor([-0.5, -0.25])).norm(dim=1) == pytest.approx(torch.ones(50))
    assert (moons[:50, 1] >= -0.26).all()
    assert torch.equal(moons[:50], -moons[50:])


@dataclass(eq=False)
class Line(ganzoo.Points):
    """As the documentation has it."""

    n: Annotated[int, Meta(ge=2)] = 5
    sigma = 0.1
    name = "line"

    @cached_property
    def centres(self):
        return torch.stack([torch.arange(self.n).float(), torch.zeros(self.n)], dim=1)

    def load(self):
        return ganzoo.Split(*self.draw(1000, seed=0)), ganzoo.Split(*self.draw(100, seed=1))


def test_points_of_ones_own_follow_from_their_centres():
    data = Line(n=3)
    assert (data.n_modes, data.labels, data.shape) == (3, 3, (2,))
    assert data.prior.tolist() == [1 / 3] * 3
    assert torch.equal(data.modes(data.centres), torch.arange(3))
    assert data.encode(data.train.x).square().mean().sqrt() == pytest.approx(1, abs=0.05)
    assert (data.nearest(data.train.x) == data.train.y).float().mean() > 0.99


@pytest.mark.parametrize("make", [Digits, StackedDigits, Ring, Grid25, *CURVES, Line])
def test_data_sets_lack_nothing_that_the_interface_has(make):
    assert lacking(make()) == []


def test_what_is_lacking_is_named_and_nothing_is_read():
    class Half(Images):
        modes = None

        def load(self):
            raise AssertionError

    assert lacking(Half()) == ["name"]
    assert {"kind", "train", "encode"} <= set(lacking(object()))
