"""The loss of pairs, the networks, and the metrics of the encoder."""

from math import log
from types import SimpleNamespace

import pytest
import torch
from ganzoo_bigan.parts import Anomaly, BiGAN, BiGANNet, Reconstruction, anomaly, auroc, reconstruct
from torch import nn
from torch.nn.functional import softplus

import ganzoo
from ganzoo.testing import cases


def turn(side):
    """G(z) = z + 1, E(x) = 3 x, and D's score of a pair is the sum of both."""
    encoder = nn.Linear(1, 1, bias=False)
    nn.init.constant_(encoder.weight, 3.0)
    g = SimpleNamespace(net=lambda z, y=None: z + 1, companions={"encoder": encoder})
    d = SimpleNamespace(net=lambda x, z: {"score": (x + z).squeeze(1)})
    game = ganzoo.Game(g=g, d=d, latent=lambda n: torch.ones(n, 1), device=torch.device("cpu"), loss=None)
    real = torch.tensor([[1.0], [2.0]]).requires_grad_(side == "d")
    t = ganzoo.Turn(game, side, torch.tensor(0), real)
    BiGAN().turn(t)
    return t, encoder


@pytest.mark.parametrize("side", ["d", "g"])
def test_a_real_is_paired_with_its_code_and_a_fake_with_its_z(side):
    t, encoder = turn(side)
    assert t.real_score.tolist() == [4.0, 8.0]
    assert t.fake_score.tolist() == [3.0, 3.0]  # G(1) + 1
    assert t.judge(torch.tensor([[5.0]]))["score"].tolist() == [20.0]
    assert t.real_score.requires_grad
    real, fake = (t.real_score, t.fake_score) if side == "d" else (-t.real_score, -t.fake_score)
    value = getattr(BiGAN(), side)(t)
    assert value.item() == pytest.approx((softplus(-real).mean() + softplus(fake).mean()).item())
    (gradient,) = torch.autograd.grad(t.real_score.sum(), encoder.weight, allow_unused=True)
    assert (gradient is None) == (side == "d")


def test_a_penalty_differentiates_by_x_alone():
    t, _ = turn("d")
    assert t.slope(t.real_out, t.real).tolist() == [1.0, 1.0]


def test_a_view_changes_what_d_sees_and_not_what_e_sees():
    t, _ = turn("g")
    t.view = lambda x: -x
    assert t.real_score.tolist() == [3 - 1.0, 6 - 2.0]
    assert t.fake_score.tolist() == [1 - 2.0] * 2


def test_packed_d_takes_the_z_of_all():
    spec = ganzoo.NetSpec(shape=(2, 8, 8), latent=4, group=2, needs={"pair"})
    d = BiGANNet(width=8).discriminator(spec)
    assert d(torch.zeros(3, 2, 8, 8), torch.zeros(6, 4))["score"].shape == (3,)
    with pytest.raises(ValueError, match="judges pairs; call it with z"):
        d(torch.zeros(3, 2, 8, 8))


def test_an_encoder_only_where_a_loss_asks():
    plain, asked = ganzoo.NetSpec(shape=(2,)), ganzoo.NetSpec(shape=(2,), latent=5, needs={"encoder"})
    for spec in (plain, asked):
        BiGANNet(width=8).generator(spec)
    assert not plain.companions
    assert asked.companions["encoder"]()(torch.zeros(3, 2)).shape == (3, 5)


def test_auroc_counts_pairs():
    inliers, outliers = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([2.0, 4.0])
    pairs = [(out > inside).float() + (out == inside).float() / 2 for out in outliers for inside in inliers]
    assert auroc(inliers, outliers) == pytest.approx(sum(pairs).item() / 6)
    assert auroc(inliers, inliers) == pytest.approx(0.5)


def network(name):
    """G(z) = z / 2, E(x) = x, D's score always 0."""
    functions = {"generator": lambda z: z / 2, "encoder": lambda x: x}
    return functions.get(name) or (lambda x, z: {"score": torch.zeros(len(x))})


class Dots(ganzoo.Images):
    """White above, black below, and the other way round."""

    name = "dots"

    def load(self):
        x = torch.zeros(4, 1, 8, 8, dtype=torch.uint8)
        x[::2, :, :4], x[1::2, :, 4:] = 255, 255
        return ganzoo.Split(x), ganzoo.Split(x)


def test_reconstruction_and_score():
    run = SimpleNamespace(data=Dots(), network=network)
    x = run.data.test.x
    assert set(reconstruct(run, x).unique().tolist()) == {64, 191}  # ±1/2, quantised
    assert anomaly(run, x, 0.9).tolist() == pytest.approx([0.9 * 32 + 0.1 * log(2)] * 4)


def evaluation(data, network):
    source = SimpleNamespace(network=network)
    return ganzoo.Evaluation(data, data.test.x, source=source)


def test_metrics_say_what_they_compare():
    assert Reconstruction()(evaluation(Dots(), network)) == [
        ("reconstruction", "ref=dots/test:4", pytest.approx(64, abs=0.5)),
        ("reconstruction.other", "ref=dots/test:4", pytest.approx(191, abs=0.5)),
    ]
    protocol = "ref=dots/test:4,outliers=spliced,alpha=0.9"
    assert ("anomaly.mean", protocol, 0.5) in Anomaly()(evaluation(Dots(), network))


def test_they_need_a_run_and_an_anomaly_needs_images():
    for metric in (Reconstruction(), Anomaly()):
        with pytest.raises(ganzoo.Incompatible, match="scores an encoder; evaluate a run"):
            metric(ganzoo.Evaluation(Dots(), Dots().test.x))
    points = Dots()
    points.kind = "points"
    with pytest.raises(ganzoo.Incompatible, match="points have no halves"):
        Anomaly()(evaluation(points, network))


def test_a_short_run_learns_to_invert(tmp_path):
    """Through `ganzoo.run`, as a user trains it."""
    (case, *_) = cases("ganzoo_bigan.plugin", ["static"])
    with case.plugin.activated():
        settings = {"images": 48_000, "lr": 2e-3, "latent": 8}
        run = ganzoo.run("bigan-net+bigan@digits", out=tmp_path / "run", device="cpu", settings=settings)
        own, other = Reconstruction()(evaluation(run.data, run.network))
    assert own.value < 0.95 * other.value
