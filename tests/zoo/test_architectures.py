"""Shapes, sizes and what is refused; every registered architecture, loss and regularizer is played in test_contract."""

from dataclasses import replace

import pytest
import torch
from helpers.play import assembled

from ganzoo.interfaces.networks import NetSpec
from ganzoo.recipes.settings import Settings
from ganzoo.support.errors import Incompatible
from ganzoo.zoo.architectures.dcgan import DCGAN
from ganzoo.zoo.architectures.infogan import InfoGANNet
from ganzoo.zoo.architectures.maxout import FCMaxout, Maxout
from ganzoo.zoo.architectures.mlp import MLP
from ganzoo.zoo.architectures.resnet import Residual, ResNet, conv, down_block, first_block
from ganzoo.zoo.losses import BCE
from ganzoo.zoo.nn.norm import freeze_statistics, has_batch_norm, recompute_statistics
from ganzoo.zoo.regularizers.pack import Pack

CONVOLUTIONAL = [DCGAN(width=4), DCGAN(width=4, g_refine=True), ResNet(width=2), InfoGANNet(width=4, hidden=16)]
SMALL = [MLP(width=8), FCMaxout(width=8, d_width=8), *CONVOLUTIONAL]


def shapes(net):
    return [tuple(m.weight.shape) for m in net.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.ConvTranspose2d)]


def channels_of_blocks(net):
    """(before, after) of each residual block, by its first and its last convolution."""
    blocks = [shapes(m.layers) for m in net.modules() if isinstance(m, Residual)]
    return [(block[0][1], block[-1][0]) for block in blocks]


@pytest.mark.parametrize("architecture", CONVOLUTIONAL, ids=lambda a: type(a).__name__)
@pytest.mark.parametrize("channels", [1, 3, 5])
@pytest.mark.parametrize("side", [8, 12, 16, 20, 28, 32, 36, 48, 64, 100])
def test_convolutional_networks_build_any_multiple_of_four(architecture, side, channels):
    spec = NetSpec(shape=(channels, side, side), latent=6)
    x = architecture.generator(spec)(torch.randn(3, 6))
    assert x.shape == (3, channels, side, side)
    assert x.abs().max() <= 1
    out = architecture.discriminator(spec)(x)
    assert out["score"].shape == (3,)
    assert out["features"].shape[0] == 3


@pytest.mark.parametrize("architecture", CONVOLUTIONAL, ids=lambda a: type(a).__name__)
@pytest.mark.parametrize("shape", [(1, 4, 4), (1, 10, 10), (3, 30, 30), (3, 32, 16), (1, 9, 9)])
def test_convolutional_networks_say_which_sizes_they_build(architecture, shape):
    for build in (architecture.generator, architecture.discriminator):
        with pytest.raises(Incompatible, match=r"multiple of 4, from 8; the data is \d+x\d+; resize it, or .* mlp"):
            build(NetSpec(shape=shape))


def test_dcgan_at_64_is_the_papers():
    d = shapes(DCGAN(width=64).discriminator(NetSpec(shape=(3, 64, 64))))
    assert d == [(64, 3, 4, 4), (128, 64, 4, 4), (256, 128, 4, 4), (512, 256, 4, 4)]
    g = shapes(DCGAN(width=64).generator(NetSpec(shape=(3, 64, 64), latent=100)))
    assert g == [(512, 256, 4, 4), (256, 128, 4, 4), (128, 64, 4, 4), (64, 3, 4, 4)]


@pytest.mark.parametrize("norm", ["none", "layer", "batch"])
def test_activations_of_dcgan_that_overwrite_their_input_change_no_bit(norm):
    made = []
    for overwrite in (True, False):
        torch.manual_seed(0)
        spec = NetSpec((3, 16, 16), latent=5)
        architecture = DCGAN(width=4, norm=norm, g_norm=norm, g_refine=True)
        g, d = architecture.generator(spec), architecture.discriminator(spec)
        acts = [m for net in (g, d) for m in net.modules() if isinstance(m, torch.nn.ReLU | torch.nn.LeakyReLU)]
        assert len(acts) == 6
        assert all(act.inplace for act in acts)
        for act in acts:
            act.inplace = overwrite
        x = g(torch.randn(6, 5))
        (slope,) = torch.autograd.grad(d(x)["score"].sum(), x, create_graph=True)
        total = slope.square().sum() + d(x.flip(0))["features"].sum()
        made.append([x, slope, *torch.autograd.grad(total, [*g.parameters(), *d.parameters()], allow_unused=True)])
    for a, b in zip(*made, strict=True):
        assert (a is None and b is None) or torch.equal(a, b)


def test_a_refined_g_of_dcgan_has_two_layers_a_size():
    g = DCGAN(width=8, g_refine=True).generator(NetSpec(shape=(3, 16, 16), latent=4))
    assert shapes(g) == [(16, 8, 4, 4), (8, 8, 3, 3), (8, 8, 4, 4), (3, 8, 3, 3)]
    assert [m.num_features for m in g.modules() if isinstance(m, torch.nn.BatchNorm2d)] == [16, 8, 8, 8]
    assert [m.bias is None for m in g.modules() if hasattr(m, "weight") and m.weight.dim() == 4] == [True] * 3 + [False]
    deep = DCGAN(width=8, g_refine=True).generator(NetSpec(shape=(1, 32, 32), latent=4))
    assert shapes(deep)[:3] == [(32, 16, 4, 4), (16, 16, 3, 3), (16, 8, 4, 4)]


def test_resnet_at_32_is_the_papers():
    """Miyato et al. 2018, table 4."""
    g, d = (
        ResNet().generator(NetSpec(shape=(3, 32, 32), latent=128)),
        ResNet().discriminator(NetSpec(shape=(3, 32, 32))),
    )
    assert g[0].out_features == 4 * 4 * 256
    assert channels_of_blocks(g) == [(256, 256)] * 3
    assert channels_of_blocks(d) == [(3, 128)] + [(128, 128)] * 3
    assert d.heads.score.in_features == 128
    pools = [
        sum(isinstance(m, torch.nn.AvgPool2d) for m in block.layers) for block in d.trunk if hasattr(block, "layers")
    ]
    assert pools == [1, 1, 0, 0]


@pytest.mark.parametrize(
    ("side", "dense", "up", "down"),
    [
        (48, 6 * 6 * 512, [(512, 256), (256, 128), (128, 64)], [64, 128, 256, 512, 1024]),
        (
            128,
            4 * 4 * 1024,
            [(1024, 1024), (1024, 512), (512, 256), (256, 128), (128, 64)],
            [64, 128, 256, 512, 1024, 1024],
        ),
    ],
)
def test_large_resnets_are_the_papers(side, dense, up, down):
    """Miyato et al. 2018, tables 5 and 6, with a 16th of the channels."""
    spec = NetSpec(shape=(3, side, side), latent=128)
    g, d = ResNet(width=4).generator(spec), ResNet(width=4).discriminator(spec)
    assert g[0].out_features * 16 == dense
    assert [(16 * a, 16 * b) for a, b in channels_of_blocks(g)] == up
    assert [16 * b for _, b in channels_of_blocks(d)] == down


def test_a_residual_block_is_a_sum():
    x = torch.randn(2, 3, 8, 8)
    block = down_block(3, 3, "none", halve=False)
    assert not list(block.shortcut)
    for module in block.layers:
        if hasattr(module, "weight"):
            torch.nn.init.zeros_(module.weight)
            torch.nn.init.zeros_(module.bias)
    assert torch.equal(block(x), x)
    block = Residual([torch.nn.Tanh()], [conv(3, 3, 1)])
    assert torch.equal(block(x), x.tanh() + block.shortcut(x))


def test_a_shortcut_commutes_with_pooling():
    x, block = torch.randn(2, 3, 8, 8), first_block(3, 5)
    pool, one = block.shortcut
    assert torch.allclose(block.shortcut(x), pool(one(x)), atol=1e-6)


def test_maxout_is_the_largest_of_its_maps():
    layer = Maxout(3, 4, pieces=5)
    x = torch.randn(6, 3)
    w, b = layer.linear.weight.reshape(4, 5, 3), layer.linear.bias.reshape(4, 5)
    expected = torch.stack([torch.stack([(w[i] @ x[n] + b[i]).max() for i in range(4)]) for n in range(6)])
    assert torch.allclose(layer(x), expected, atol=1e-6)


def test_fc_maxout_is_pacgans():
    g, d = FCMaxout().generator(NetSpec(shape=(2,), latent=2)), FCMaxout().discriminator(NetSpec(shape=(2,)))
    linear = [tuple(m.weight.shape) for m in g.modules() if isinstance(m, torch.nn.Linear)]
    assert linear == [(400, 2), (400, 400), (400, 400), (400, 400), (2, 400)]
    maxout = [tuple(m.linear.weight.shape) for m in d.modules() if isinstance(m, Maxout)]
    assert maxout == [(1000, 2), (1000, 200), (1000, 200)]
    assert d.heads.score.in_features == 200
    assert sum(isinstance(m, torch.nn.BatchNorm1d) for m in g.modules()) == 4
    assert not any(isinstance(m, torch.nn.BatchNorm1d) for m in d.modules())


def test_infogan_net_is_the_papers_on_mnist():
    spec = NetSpec(shape=(1, 28, 28), latent=74)
    g, d = InfoGANNet().generator(spec), InfoGANNet().discriminator(spec)
    assert shapes(g) == [(128, 64, 4, 4), (64, 1, 4, 4)]
    assert shapes(d) == [(64, 1, 4, 4), (128, 64, 4, 4)]
    assert [m.out_features for m in g.modules() if isinstance(m, torch.nn.Linear)] == [1024, 7 * 7 * 128]
    assert [m.in_features for m in d.modules() if isinstance(m, torch.nn.Linear)] == [7 * 7 * 128, 1024]


@pytest.mark.parametrize("architecture", SMALL, ids=lambda a: type(a).__name__)
def test_heads_and_tail_are_built(architecture):
    spec = NetSpec(shape=(1, 8, 8), heads={"label": 7}, tail=[torch.nn.Tanh])
    out = architecture.discriminator(spec)(torch.randn(2, 1, 8, 8))
    assert out["label"].shape == (2, 7)
    assert out["features"].abs().max() <= 1


def test_a_tail_may_add_features():
    class Twice(torch.nn.Module):
        def forward(self, x):
            return torch.cat([x, x], 1)

    spec = NetSpec(shape=(1, 8, 8), tail=[Twice])
    plain = DCGAN(width=4).discriminator(NetSpec(shape=(1, 8, 8)))(torch.randn(2, 1, 8, 8))["features"].shape[1]
    assert DCGAN(width=4).discriminator(spec)(torch.randn(2, 1, 8, 8))["features"].shape[1] == 2 * plain


@pytest.mark.parametrize("architecture", SMALL, ids=lambda a: type(a).__name__)
def test_what_is_not_known_is_refused(architecture):
    for spec in (NetSpec(shape=(1, 8, 8), classes=10, label="film"), NetSpec(shape=(1, 8, 8), needs={"pair"})):
        for build in (architecture.generator, architecture.discriminator):
            with pytest.raises(Incompatible, match=r"'film'; it supports concat and|what the loss needs"):
                build(spec)


@pytest.mark.parametrize("architecture", SMALL, ids=lambda a: type(a).__name__)
@pytest.mark.parametrize(
    ("norm", "batch_norm", "chosen"),
    [("auto", True, "batch"), ("auto", False, "none"), ("layer", False, "layer"), ("batch", True, "batch")],
)
def test_the_choice_of_norm_is_recorded(architecture, norm, batch_norm, chosen):
    spec = NetSpec(shape=(1, 8, 8), batch_norm=batch_norm)
    d = replace(architecture, norm=norm).discriminator(spec)
    assert spec.chosen == {"norm": chosen}
    assert has_batch_norm(d) == (chosen == "batch")
    assert any(isinstance(m, torch.nn.GroupNorm) for m in d.modules()) == (chosen == "layer")


@pytest.mark.parametrize("architecture", SMALL, ids=lambda a: type(a).__name__)
def test_batch_norm_beside_a_penalty_is_refused(architecture):
    with pytest.raises(Incompatible, match="norm=batch mixes the samples"):
        replace(architecture, norm="batch").discriminator(NetSpec(shape=(1, 8, 8), batch_norm=False))


def test_statistics_are_frozen_in_training_and_recomputed_after():
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.BatchNorm1d(5), torch.nn.Dropout(0.5))
    freeze_statistics(net)
    before = {name: x.clone() for name, x in net.state_dict().items()}
    net(torch.randn(64, 3))
    assert all(torch.equal(x, before[name]) for name, x in net.state_dict().items())
    batches = iter(torch.randn(4, 64, 3) * 7 + 2)
    inputs = []
    recompute_statistics(net, lambda: (inputs.append(next(batches)), net(inputs[-1])), passes=4)
    hidden = net[0](torch.stack(inputs))
    assert torch.allclose(net[1].running_mean, hidden.mean(1).mean(0), rtol=1e-5)
    assert torch.allclose(net[1].running_var, hidden.var(1).mean(0), rtol=1e-5)
    assert not net.training


def test_a_batch_of_one_has_no_statistics():
    with pytest.raises(Incompatible, match="more than one sample in a shard"):
        assembled(DCGAN(width=4), [BCE()], (1, 8, 8), Settings(batch=4, shards=4))
    assembled(DCGAN(width=4, norm="none", g_norm="none"), [BCE()], (1, 8, 8), Settings(batch=4, shards=4))


def test_a_pack_alone_has_no_statistics():
    settings = Settings(batch=4, latent=4, shards=2)
    with pytest.raises(Incompatible, match="D has batch normalisation") as refusal:
        assembled(MLP(width=4, norm="batch"), [BCE(), Pack(m=2)], (2,), settings)
    assert "raise batch, lower shards" in str(refusal.value)
