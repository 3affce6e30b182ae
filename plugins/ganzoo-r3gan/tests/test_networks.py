"""The networks against the paper's numbers and closed forms."""

import pytest
import torch
from ganzoo_r3gan.networks import R3GAN, Block, Resample
from torch import nn
from torch.nn.functional import interpolate

import ganzoo


def spec(side, channels=3, **more):
    return ganzoo.NetSpec(shape=(channels, side, side), **more)


def test_channels_and_groups_are_the_papers():
    sides, widths = R3GAN(width=768).stages(spec(256))
    assert sides == [4, 8, 16, 32, 64, 128, 256]
    assert widths == [768, 768, 768, 768, 384, 192, 96]
    assert [R3GAN(width=768).groups(2 * width) for width in widths] == [96, 96, 96, 96, 48, 24, 12]


@pytest.mark.parametrize(("side", "sides"), [(8, [4, 8]), (28, [7, 14, 28]), (12, [3, 6, 12])])
def test_maps_are_halved_as_far_as_they_go(side, sides):
    assert R3GAN().stages(spec(side))[0] == sides


def test_blocks_start_as_the_identity_with_smaller_weights_the_more_there_are():
    torch.manual_seed(0)
    one, many = (Block(64, 128, 8, total) for total in (1, 16))
    x = torch.randn(4, 64, 8, 8)
    assert torch.allclose(one(x), x, atol=1e-4)
    first, second = (block.layers[0].weight.std() for block in (one, many))
    assert (first / second).item() == pytest.approx(2, rel=0.05)  # 16^(1/4)
    inside = one.layers[:4](x)  # the variance of a leaky ReLU's output is (1 + a²)/2 of its input's, up to its mean
    assert inside.square().mean().item() == pytest.approx(1, rel=0.2)


@pytest.mark.parametrize("up", [True, False])
def test_resampling_is_bilinear_away_from_the_border(up):
    x = torch.randn(2, 3, 8, 8)
    expected = interpolate(x, scale_factor=2 if up else 0.5, mode="bilinear", antialias=not up)
    inner = (..., slice(1, -1), slice(1, -1))
    assert torch.allclose(Resample(16 if up else 8, up)(x)[inner], expected[inner], atol=1e-6)


def test_nothing_is_normalised():
    nets = R3GAN().generator(spec(8)), R3GAN().discriminator(spec(8))
    assert not [module for net in nets for module in net.modules() if "Norm" in type(module).__name__]


def test_labels_are_planes_under_a_1x1_convolution():
    torch.manual_seed(0)
    d = R3GAN(width=8).discriminator(spec(8, channels=1, classes=3))
    whole = torch.cat([d.first.weight, d.label.weight.T[:, :, None, None]], 1)
    x, y = torch.randn(5, 1, 8, 8), torch.tensor([0, 1, 2, 0, 1])
    planes = nn.functional.one_hot(y, 3).float()[:, :, None, None].expand(-1, -1, 8, 8)
    expected = d.heads(d.layers(nn.functional.conv2d(torch.cat([x, planes], 1), whole)))
    assert torch.allclose(d(x, y)["score"], expected["score"], atol=1e-5)


@pytest.mark.parametrize(
    ("architecture", "side", "message"),
    [(R3GAN(), 10, "multiple of 4"), (R3GAN(width=64, cardinality=48), 8, "do not divide the 128 channels")],
)
def test_what_cannot_be_built_is_refused(architecture, side, message):
    with pytest.raises(ganzoo.Incompatible, match=message):
        architecture.generator(spec(side))


def test_labels_by_normalisation_are_refused():
    with pytest.raises(ganzoo.Incompatible, match="by concat, not by 'norm'"):
        R3GAN().generator(spec(8, classes=3, label="norm"))
