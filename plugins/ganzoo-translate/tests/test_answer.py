"""The measures against closed forms and a plain loop, and what stands beside them."""

from math import exp, log10

import pytest
import torch
from ganzoo_translate import damage
from ganzoo_translate.answer import Answer
from ganzoo_translate.degrade import Degrade
from ganzoo_translate.similarity import mean_error, psnr, ssim

import ganzoo


def images(n=2, channels=3, side=16, seed=0):
    random = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (n, channels, side, side), generator=random, dtype=torch.uint8)


def test_the_error_of_a_constant_difference():
    a = torch.full((2, 3, 16, 16), 100, dtype=torch.uint8)
    b = a + torch.tensor([0, 10], dtype=torch.uint8).reshape(2, 1, 1, 1)
    assert mean_error(a, b).tolist() == [0, 10]
    assert psnr(a, b).tolist() == pytest.approx([100, 10 * log10(255**2 / 100)])
    c1 = (0.01 * 255) ** 2  # without variance, only the luminance differs
    assert ssim(a, b).tolist() == pytest.approx([1, (2 * 100 * 110 + c1) / (100**2 + 110**2 + c1)])


def test_an_image_is_itself_and_its_negative_is_not():
    x = images()
    assert ssim(x, x).tolist() == pytest.approx([1, 1])
    assert (ssim(x, 255 - x) < 0).all()


def plain_ssim(a, b):
    """Of one channel, in Python: a window of 11x11 wherever it fits."""
    weight = [[exp(-((i - 5) ** 2 + (j - 5) ** 2) / (2 * 1.5**2)) for j in range(11)] for i in range(11)]
    total = sum(map(sum, weight))
    c1, c2, values = (0.01 * 255) ** 2, (0.03 * 255) ** 2, []
    for top in range(len(a) - 10):
        for left in range(len(a[0]) - 10):
            window = [
                (weight[i][j] / total, a[top + i][left + j], b[top + i][left + j]) for i in range(11) for j in range(11)
            ]
            mu_a, mu_b = sum(w * x for w, x, _ in window), sum(w * y for w, _, y in window)
            var_a = sum(w * (x - mu_a) ** 2 for w, x, _ in window)
            var_b = sum(w * (y - mu_b) ** 2 for w, _, y in window)
            both = sum(w * (x - mu_a) * (y - mu_b) for w, x, y in window)
            above = (2 * mu_a * mu_b + c1) * (2 * both + c2)
            values.append(above / ((mu_a**2 + mu_b**2 + c1) * (var_a + var_b + c2)))
    return sum(values) / len(values)


def test_ssim_is_that_of_a_plain_loop():
    a, noisy = images(), damage.noisy(images(), 60.0, torch.Generator().manual_seed(1))
    for i, value in enumerate(ssim(a, noisy)):
        expected = [plain_ssim(x.tolist(), y.tolist()) for x, y in zip(a[i], noisy[i], strict=True)]
        assert value.item() == pytest.approx(sum(expected) / 3, abs=1e-12)


def test_ssim_is_that_of_other_packages():
    metrics = pytest.importorskip("skimage.metrics")
    a, b = images()[0], images(seed=3)[0]
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
    _, full = metrics.structural_similarity(a.numpy(), b.numpy(), channel_axis=0, full=True, **options)
    assert ssim(a[None], b[None]).item() == pytest.approx(full[:, 5:-5, 5:-5].mean(), abs=1e-6)


# ---------------------------------------------------------------- the metric


class Colours(ganzoo.Images):
    """Random colour images of 16x16, given as `how` says."""

    name = "colours"

    def __init__(self, how):
        self.how = how

    def load(self):
        return [ganzoo.Split(x, given=self.how(x)) for x in (images(40), images(20, seed=1))]


def evaluation(data, x):
    return ganzoo.Evaluation(data, x, given=data.test.given, answer=data.test.x)


def values(data, x=None):
    e = evaluation(data, data.test.x if x is None else x)
    scores = Answer()(e)
    assert {score.protocol for score in scores} == {"ref=colours/test:20,n=20"}
    return {score.name: score.value for score in scores}


HOW = {
    "copy": lambda x: damage.noisy(x, 9.0, torch.Generator().manual_seed(0)),
    "grey": damage.grey,
    "bicubic": lambda x: damage.smaller(x, 2),
    "meanfill": lambda x: damage.without(x, damage.square(x, 0.25)),
    "none": lambda x: x.float(),
}


@pytest.mark.parametrize("name", HOW)
def test_each_task_stands_beside_what_needs_no_g(name):
    data = Colours(HOW[name])
    found = values(data)
    x, given = data.test.x, data.test.given
    mean = data.train.x.float().mean(0).round().to(torch.uint8)
    expected = {
        "copy": lambda: given,
        "grey": lambda: given.expand(-1, 3, -1, -1),
        "bicubic": lambda: damage.bicubic(given, (16, 16)),
        "meanfill": lambda: torch.where(given[:, 3:] == 255, mean, given[:, :3]),
    }
    assert [found[m] for m in ("mae", "psnr", "ssim")] == pytest.approx([0, 100, 1])
    beside = {"grey": "copy"}.get(name, name)
    assert set(found) == {"mae", "psnr", "ssim"} | {f"{m}.{beside}" for m in ("mae", "psnr", "ssim") if name != "none"}
    if name != "none":
        rival = expected[name]()
        assert found[f"mae.{beside}"] == pytest.approx(mean_error(rival, x).mean().item())
        assert found[f"ssim.{beside}"] == pytest.approx(ssim(rival, x).mean().item())


def test_the_baselines_do_not_depend_on_the_samples():
    data = Colours(HOW["copy"])
    good, bad = values(data), values(data, images(20, seed=7))
    assert bad["mae"] > good["mae"]
    assert bad["psnr"] < good["psnr"]
    assert good["mae.copy"] == bad["mae.copy"]


def test_the_baselines_are_those_of_what_was_given():
    data = Colours(HOW["copy"])
    found = []
    for rows in (slice(10), slice(10, 20)):
        x, given = data.test.x[rows], data.test.given[rows]
        scores = Answer()(ganzoo.Evaluation(data, x, given=given, answer=x))
        found.append(next(score.value for score in scores if score.name == "mae.copy"))
        assert found[-1] == pytest.approx(mean_error(given, x).mean().item())
    assert found[0] != found[1]


def test_small_images_have_no_ssim():
    data = Degrade(how="x2")
    data.name = "degrade"
    scores = Answer()(evaluation(data, data.test.x))
    assert {score.name for score in scores} == {"mae", "psnr", "mae.bicubic", "psnr.bicubic"}


def test_what_cannot_be_compared_is_refused():
    data = Colours(HOW["copy"])
    with pytest.raises(ganzoo.Incompatible, match="there are none"):
        Answer()(ganzoo.Evaluation(data, data.test.x))
    data.kind = "table"
    with pytest.raises(ganzoo.Incompatible, match="compares images"):
        Answer()(ganzoo.Evaluation(data, data.test.x))
