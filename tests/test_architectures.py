"""Shapes, sizes and what is refused; every registered architecture, loss and regularizer is played in test_contract."""

import pytest
import torch
from play import assembled

from ganzoo.architectures.dcgan import DCGAN
from ganzoo.architectures.mlp import MLP
from ganzoo.interfaces import Incompatible, NetSpec
from ganzoo.losses import BCE
from ganzoo.nn.norm import hold_statistics, measure_statistics
from ganzoo.settings import Settings


def shapes(net):
    return [tuple(m.weight.shape) for m in net.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.ConvTranspose2d)]


@pytest.mark.parametrize("channels", [1, 3, 5])
@pytest.mark.parametrize("side", [8, 12, 16, 20, 28, 32, 36, 64, 100])
def test_dcgan_builds_any_multiple_of_four(side, channels):
    spec = NetSpec(shape=(channels, side, side), latent=6)
    x = DCGAN(width=4).generator(spec)(torch.randn(3, 6))
    assert x.shape == (3, channels, side, side)
    assert x.abs().max() <= 1
    out = DCGAN(width=4).discriminator(spec)(x)
    assert out["score"].shape == (3,)
    assert out["features"].shape[0] == 3


@pytest.mark.parametrize("shape", [(1, 4, 4), (1, 10, 10), (3, 30, 30), (3, 32, 16), (1, 9, 9)])
def test_dcgan_says_which_sizes_it_builds(shape):
    for build in (DCGAN().generator, DCGAN().discriminator):
        with pytest.raises(Incompatible, match=r"multiple of 4, from 8; the data is \d+x\d+; resize it, or .* mlp"):
            build(NetSpec(shape=shape))


def test_dcgan_at_64_is_the_papers():
    d = shapes(DCGAN(width=64).discriminator(NetSpec(shape=(3, 64, 64))))
    assert d == [(64, 3, 4, 4), (128, 64, 4, 4), (256, 128, 4, 4), (512, 256, 4, 4)]
    g = shapes(DCGAN(width=64).generator(NetSpec(shape=(3, 64, 64), latent=100)))
    assert g == [(512, 256, 4, 4), (256, 128, 4, 4), (128, 64, 4, 4), (64, 3, 4, 4)]


@pytest.mark.parametrize("architecture", [MLP(width=8), DCGAN(width=4)])
def test_heads_and_tail_are_built(architecture):
    spec = NetSpec(shape=(1, 8, 8), heads={"label": 7})
    out = architecture.discriminator(spec)(torch.randn(2, 1, 8, 8))
    assert out["label"].shape == (2, 7)


def test_a_tail_may_add_features():
    class Twice(torch.nn.Module):
        def forward(self, x):
            return torch.cat([x, x], 1)

    spec = NetSpec(shape=(1, 8, 8), tail=[Twice])
    plain = DCGAN(width=4).discriminator(NetSpec(shape=(1, 8, 8)))(torch.randn(2, 1, 8, 8))["features"].shape[1]
    assert DCGAN(width=4).discriminator(spec)(torch.randn(2, 1, 8, 8))["features"].shape[1] == 2 * plain


@pytest.mark.parametrize("architecture", [MLP(), DCGAN()])
def test_what_is_not_known_is_refused(architecture):
    for spec in (NetSpec(shape=(1, 8, 8), classes=10), NetSpec(shape=(1, 8, 8), needs={"pair"})):
        for build in (architecture.generator, architecture.discriminator):
            with pytest.raises(Incompatible):
                build(spec)


@pytest.mark.parametrize(
    ("norm", "batch_norm", "chosen"),
    [("auto", True, "batch"), ("auto", False, "none"), ("layer", False, "layer"), ("batch", True, "batch")],
)
def test_the_choice_of_norm_is_recorded(norm, batch_norm, chosen):
    spec = NetSpec(shape=(1, 8, 8), batch_norm=batch_norm)
    DCGAN(width=4, norm=norm).discriminator(spec)
    assert spec.chosen == {"norm": chosen}


def test_statistics_stand_still_in_training_and_are_measured_after():
    net = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.BatchNorm1d(5), torch.nn.Dropout(0.5))
    hold_statistics(net)
    before = {name: x.clone() for name, x in net.state_dict().items()}
    net(torch.randn(64, 3))
    assert all(torch.equal(x, before[name]) for name, x in net.state_dict().items())
    batches = iter(torch.randn(4, 64, 3) * 7 + 2)
    inputs = []
    measure_statistics(net, lambda: (inputs.append(next(batches)), net(inputs[-1])), passes=4)
    hidden = net[0](torch.stack(inputs))
    assert torch.allclose(net[1].running_mean, hidden.mean(1).mean(0), rtol=1e-5)
    assert torch.allclose(net[1].running_var, hidden.var(1).mean(0), rtol=1e-5)
    assert not net.training


def test_a_batch_of_one_has_no_statistics():
    with pytest.raises(Incompatible, match="more than one sample in a shard"):
        assembled(DCGAN(width=4), [BCE()], (1, 8, 8), Settings(batch=4, shards=4))
    assembled(DCGAN(width=4, norm="none", g_norm="none"), [BCE()], (1, 8, 8), Settings(batch=4, shards=4))
