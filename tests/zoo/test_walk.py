"""Walks through latent space, classifiers trained on samples, and pictures of distributions."""

import pytest
import torch
from helpers.measures import Some, noise, normal, scores_of

from ganzoo.evaluation.evaluate import extractor
from ganzoo.support.errors import Incompatible
from ganzoo.zoo.datasets.digits import Digits, StackedDigits
from ganzoo.zoo.datasets.mixtures import Ring
from ganzoo.zoo.metrics.base import Evaluation, SampleSource
from ganzoo.zoo.metrics.classification import CAS, Augmentation, accuracy
from ganzoo.zoo.metrics.distribution import Distribution, components, distance, neighbours
from ganzoo.zoo.metrics.smoothness import Smoothness, lengths


@pytest.fixture(scope="module")
def digits():
    return Digits()


def source(generator, classes=0, **more):
    return SampleSource(draw=lambda n: pytest.fail("drew"), generator=generator, latent=2, classes=classes, **more)


# ---------------------------------------------------------------- smoothness


def test_a_straight_even_walk_and_a_leap():
    t = torch.linspace(0, 1, 9)[None, :, None]
    even, leap = t * torch.tensor([3.0, 4.0]), (t > 0.5).float() * torch.tensor([3.0, 4.0])
    assert lengths(even) == pytest.approx({"ppl": 25, "ppl.ratio": 1, "jump": 1})
    assert lengths(leap) == pytest.approx({"ppl": 25 * 8, "ppl.ratio": 8, "jump": 8})
    assert lengths(torch.cat([even, torch.zeros_like(even)]))["jump"] == pytest.approx(1)  # what stands still is even


def test_a_generator_that_leaps_is_rougher():
    data = Ring()
    smooth, rough = (
        scores_of(Smoothness(walks=50), data, data.test.x, source=source(generator))
        for generator in (lambda z, y: z / 3, lambda z, y: z.sign())
    )
    assert smooth["ppl.ratio"] < 5
    assert rough["ppl.ratio"] > 2 * smooth["ppl.ratio"]
    assert rough["jump"] > 3 * smooth["jump"] > 3


def test_walks_are_of_one_class(digits):
    asked = []

    def generator(z, y):
        asked.append(y)
        return digits.test.x[torch.zeros(len(z), dtype=torch.long)]

    scores_of(Smoothness(walks=3, steps=4), digits, digits.test.x, source=source(generator, classes=10))
    (y,) = asked
    assert (y.reshape(3, 5) == y.reshape(3, 5)[:, :1]).all()


def test_samples_alone_have_no_latent_space(digits):
    with pytest.raises(Incompatible, match="takes a generator; give a run"):
        scores_of(Smoothness(), digits, digits.test.x)


# ---------------------------------------------------------------- classifiers


def test_classes_that_a_line_parts_are_learned():
    x, y = normal(60, 3), torch.arange(60) % 2
    x[:, 0] += 10 * y
    assert accuracy(x[:40], y[:40], x[40:], y[40:]) == 1
    assert accuracy(x[:5], torch.zeros(5, dtype=torch.long), x[40:], y[40:]) == 0.5


def test_real_samples_train_as_well_as_real_ones(digits):
    half = digits.test.x[:250], digits.test.y[:250]
    scores = scores_of(CAS(), digits, *half)
    assert 0.85 < scores["cas"] <= 1
    assert scores["cas"] == pytest.approx(scores["cas.real"], abs=0.1)
    wrong = scores_of(CAS(), digits, half[0], (half[1] + 1) % 10)
    assert wrong["cas"] < 0.1


def test_protocols_say_what_is_not_the_paper_s(digits):
    """The score's name is the paper's; a ResNet-50 and steps of 1e-4 would have other protocols."""
    e = Evaluation(digits, digits.test.x[:100], digits.test.y[:100], find_extractor=extractor)
    assert all(score.protocol.startswith("logistic,pixels") for score in [*CAS()(e), *Augmentation(k=2)(e)])
    walked = source(lambda z, y: noise(len(z), 1, 8, 8))
    scores = Smoothness(walks=3, steps=4)(Evaluation(digits, digits.test.x, find_extractor=extractor, source=walked))
    assert {score.protocol for score in scores} == {f"{digits.extractor.key},walks=3,e=1/4"}


def test_good_samples_help_and_mislabelled_ones_do_not():
    data = Some()
    x, y = Digits().train.x[300:500], Digits().train.y[300:500]
    good, bad = (scores_of(Augmentation(k=2), data, x, labels) for labels in (y, (y + 1) % 10))
    assert good["augmentation"] > 0.1
    assert bad["augmentation"] < -0.2
    assert good["augmentation.alone"] == bad["augmentation.alone"]


def test_what_has_no_classes_is_refused(digits):
    for metric in (CAS(), Augmentation()):
        with pytest.raises(Incompatible, match="give a run of a conditional generator"):
            scores_of(metric, digits, digits.test.x)
    data = StackedDigits()
    with pytest.raises(Incompatible, match="100 classes at most, not 1,000"):
        scores_of(CAS(), data, data.test.x[:9], data.test.y[:9])


# ---------------------------------------------------------------- pictures


def test_levels_lie_as_far_apart_as_they_are_shifted(digits):
    assert distance(torch.arange(5.0), torch.arange(5.0) + 3) == pytest.approx(3)
    dark = (digits.test.x // 2).to(torch.uint8)
    scores = scores_of(Distribution(), digits, dark)
    assert scores["levels.w1"] == pytest.approx(digits.test.x.double().mean().item() / 2, rel=0.05)
    assert scores["levels.w1.floor"] < 3


def test_axes_are_those_of_real_data():
    real = normal(300, 6) * torch.tensor([1.0, 9, 1, 1, 5, 1])
    a, b = components(real, real + 1)
    assert a.var(0).tolist() == pytest.approx([81, 25], rel=0.3)
    assert torch.allclose(b - a, (b - a)[:1].expand(300, -1))


def test_a_picture_has_a_panel_for_each_thing_known(digits):
    def d(x, y, given):
        return x.float().flatten(1).mean(1)

    judged, scored = (
        Distribution().picture(Evaluation(digits, digits.test.x, source=made))
        for made in (None, source(None, find_discriminator=lambda: d))
    )
    assert judged.size == scored.size == (2310, 840)
    assert len(judged.getcolors(1 << 20)) > 5
    assert judged.tobytes() != scored.tobytes()
    points = Ring()
    assert Distribution().picture(Evaluation(points, points.test.x)).size == (1540, 840)


def test_neighbours_stay_neighbours_in_the_plane():
    centres = 20 * torch.eye(3, 8)
    generator = torch.Generator().manual_seed(0)
    real, fake = (centres.repeat(40, 1) + torch.randn(120, 8, generator=generator) for _ in range(2))
    placed, others = neighbours(real, fake)
    assert (placed.shape, others.shape) == ((120, 2), (120, 2))
    nearest = torch.cdist(others, placed).argmin(1)
    assert torch.equal(nearest % 3, torch.arange(120) % 3)  # of the same blob
    few = neighbours(real[:3], fake[:2])
    assert [len(x) for x in few] == [3, 2]
