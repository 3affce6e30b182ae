"""Translators and the D of patches: shapes, patches, what is kept, what is refused."""

import pytest
import torch
from ganzoo_translate.patches import PatchGAN, receptive_field
from ganzoo_translate.resnet import ResNetTranslator
from ganzoo_translate.rrdb import RRDB, factors
from ganzoo_translate.unet import UNet, halvings
from play import SMALL, resnet, unet
from torch import nn

import ganzoo

rrdb = RRDB(**SMALL, blocks=2, growth=4)


def spec(shape=(1, 16, 16), source=(2, 16, 16), **more):
    return ganzoo.NetSpec(shape=shape, source=source, latent=3, **more)


@pytest.mark.parametrize("architecture", [unet(), unet(depth=3), resnet(), rrdb], ids=str)
@pytest.mark.parametrize("size", [(16, 16), (32, 48)])
def test_images_may_be_larger_than_those_trained_on(architecture, size):
    g = architecture.generator(s := spec())
    assert s.given == s.source
    assert g(torch.randn(2, 3), None, torch.randn(2, 2, *size)).shape == (2, 1, *size)
    d = architecture.discriminator(spec(given=(2, 16, 16)))
    score = d(torch.randn(2, 1, *size), None, torch.randn(2, 2, *size))["score"]
    assert score.dim() == 3


def test_the_large_image_has_the_patches_of_its_parts():
    """Without norms, whose moments are those of the image, a translation does not depend on what is far away."""
    torch.manual_seed(0)
    g = resnet(norm="none", blocks=1).generator(spec()).double()
    with torch.no_grad():
        for p in g.parameters():
            p.mul_(5)
    given, z = torch.randn(1, 2, 16, 192, dtype=torch.float64), torch.zeros(1, 3).double()
    whole, part = g(z, None, given), g(z, None, given[..., :96])
    assert torch.allclose(whole[..., :48], part[..., :48], atol=1e-12)
    assert not torch.allclose(whole[..., 64:96], part[..., 64:96], atol=1e-12)


def test_z_reaches_the_unet_and_no_other():
    given = torch.randn(1, 2, 16, 16)
    for architecture, differs in ((unet(), True), (resnet(), False), (rrdb, False)):
        g = architecture.generator(spec())
        a, b = (g(torch.full((1, 3), z), None, given) for z in (0.0, 9.0))
        assert torch.equal(a, b) != differs


@pytest.mark.parametrize(("n", "pixels"), [(0, 1), (1, 16), (2, 34), (3, 70), (4, 142), (5, 286)])
def test_the_patch_of_a_score_is_as_large_as_the_paper_says(n, pixels):
    assert receptive_field(n) == pixels
    if n > 2:
        return
    torch.manual_seed(0)
    d = PatchGAN(ganzoo.NetSpec(shape=(1, 96, 96)), 2, n, "none").double()
    x = torch.randn(1, 1, 96, 96, dtype=torch.float64, requires_grad=True)
    score = d(x)["score"]
    middle = score.shape[1] // 2
    (gradient,) = torch.autograd.grad(score[0, middle, middle], x)
    rows = gradient[0, 0].abs().sum(1).nonzero()
    assert rows.max() - rows.min() + 1 == pixels


def test_auto_takes_the_largest_patch_that_fits_and_says_so():
    for side, chosen in ((12, 16), (32, 16), (40, 34), (64, 34), (128, 70), (512, 70)):
        UNet(**SMALL).discriminator(s := ganzoo.NetSpec(shape=(1, side, side)))
        assert s.chosen == {"patch": f"{chosen} pixels"}


def test_a_u_net_halves_until_a_side_is_4_or_odd():
    assert [halvings((side, side)) for side in (8, 16, 28, 32, 256, 6)] == [1, 2, 2, 3, 6, 1]


def test_an_image_grows_by_the_factor_of_the_shapes():
    assert [factors(n) for n in (1, 2, 3, 4, 6, 12)] == [[], [2], [3], [2, 2], [2, 3], [2, 2, 3]]
    for factor in (1, 2, 3):
        g = rrdb.generator(spec((1, 8 * factor, 8 * factor), (1, 8, 8)))
        assert g(torch.randn(2, 3), None, torch.randn(2, 1, 8, 8)).shape == (2, 1, 8 * factor, 8 * factor)


def test_pixels_that_are_not_missing_are_kept():
    g = unet(keep=True).generator(spec((2, 16, 16), (3, 16, 16)))
    given = torch.rand(2, 3, 16, 16)
    given[:, 2] = -1
    given[:, 2, 4:9, 5:7] = 1
    x = g(torch.randn(2, 3), None, given)
    same = (x == given[:, :2]).all(1)
    assert torch.equal(same, given[:, 2] < 0)


@pytest.mark.parametrize("kind", [unet, resnet], ids=str)
def test_a_residual_network_adds_to_what_is_given(kind):
    g = kind(residual=True).generator(spec((2, 16, 16)))
    z, given = torch.randn(2, 3), torch.rand(2, 2, 16, 16) * 2 - 1
    assert torch.equal(g(z, None, given), (given + g.translate(z, given)).clamp(-1, 1))
    with torch.no_grad():
        (g.last if kind is unet else g.up[-1]).weight.zero_()
        (g.last if kind is unet else g.up[-1]).bias.zero_()
    assert torch.equal(g(z, None, given), given)


@pytest.mark.parametrize("architecture", [unet(depth=3), resnet(), rrdb], ids=str)
def test_encoders_give_five_maps_from_the_image_on(architecture):
    g = architecture.generator(spec())
    given = torch.randn(1, 2, 16, 16)
    maps = g.features(given)
    assert torch.equal(maps[0], given)
    assert len(maps) == (4 if architecture is rrdb else 5)


def test_a_tail_may_add_channels_and_heads_are_linear_in_means():
    class One(nn.Module):
        def forward(self, x):
            return torch.cat([x, torch.ones_like(x[:, :1])], 1)

    d = unet().discriminator(ganzoo.NetSpec(shape=(1, 16, 16), tail=[One], heads={"code": 5}))
    out = d(torch.randn(3, 1, 16, 16))
    assert out["code"].shape == (3, 5)
    assert (out["features"][:, -1] == 1).all()
    with pytest.raises(ganzoo.Incompatible, match="makes it flat"):
        unet().discriminator(ganzoo.NetSpec(shape=(1, 16, 16), tail=[nn.Flatten]))


@pytest.mark.parametrize(
    ("architecture", "changes", "why"),
    [
        (unet(), {"source": None}, "this data gives none"),
        (unet(), {"source": (7,)}, "this data gives none"),
        (unet(), {"classes": 3}, "takes no labels"),
        (resnet(), {"needs": {"pair"}}, "has no pair"),
        (unet(depth=5), {}, "multiple of 32"),
        (resnet(), {"source": (1, 18, 18), "shape": (1, 18, 18)}, "multiple of 4"),
        (unet(), {"source": (1, 8, 8)}, "use rrdb"),
        (rrdb, {"source": (1, 6, 6)}, "whole number"),
        (rrdb, {"source": (1, 32, 32)}, "whole number"),
        (unet(keep=True), {"source": (1, 16, 16)}, "with holes"),
        (unet(residual=True), {}, "must have the form"),
    ],
)
def test_what_g_cannot_do_is_refused(architecture, changes, why):
    with pytest.raises(ganzoo.Incompatible, match=why):
        architecture.generator(spec(**changes))


@pytest.mark.parametrize(
    ("options", "changes", "why"),
    [
        ({}, {"classes": 3}, "takes no labels"),
        ({}, {"shape": (7,)}, "judges images"),
        ({}, {"needs": {"pair"}}, "has no pair"),
        ({"patch": 3}, {"shape": (1, 16, 16)}, "write patch=2"),
    ],
)
def test_what_d_cannot_do_is_refused(options, changes, why):
    with pytest.raises(ganzoo.Incompatible, match=why):
        unet(**options).discriminator(spec(**changes))


def test_the_papers_sizes():
    """Parameters of the published networks: 2.8 m for 70x70 patches of 6 channels, 11.4 m for 9 residual blocks."""
    d = UNet().discriminator(ganzoo.NetSpec(shape=(3, 256, 256), given=(3, 256, 256)))
    assert 2.7e6 < sum(p.numel() for p in d.parameters()) < 2.8e6
    g = ResNetTranslator(blocks=9).generator(spec((3, 256, 256), (3, 256, 256)))
    assert 11.3e6 < sum(p.numel() for p in g.parameters()) < 11.5e6


@pytest.mark.parametrize(("architecture", "multiple"), [(unet(depth=3), 8), (resnet(), 4), (rrdb, 1)], ids=str)
def test_a_generator_states_of_which_sides_it_takes_multiples(architecture, multiple):
    """ganzoo sample --given pads photos to these."""
    g = architecture.generator(spec())
    assert g.multiple == multiple
    size = (3 * max(multiple, 4), 5 * max(multiple, 4))
    assert g(torch.randn(1, 3), None, torch.randn(1, 2, *size)).shape == (1, 1, *size)
