"""Terms of one game against their equations."""

from types import SimpleNamespace

import pytest
import torch
from ganzoo_translate.frozen import RandomFeatures
from ganzoo_translate.nce import PatchNCE
from ganzoo_translate.pairwise import L1, L2
from ganzoo_translate.perceptual import Perceptual
from ganzoo_translate.rrdb import RRDB
from ganzoo_translate.variation import TotalVariation, variation
from play import noise, resnet, trainer, unet
from torch.nn.functional import conv2d, leaky_relu, pad

import ganzoo
from ganzoo.testing.trials import first_turn
from ganzoo.zoo.architectures.dcgan import DCGAN
from ganzoo.zoo.losses import BCE


def turn(fake, real):
    return SimpleNamespace(fake=fake, real=real)


def test_distances_are_means_over_all_numbers():
    real, fake = torch.tensor([[[[1.0, -1.0]]]]), torch.tensor([[[[0.5, 1.0]]]])
    assert L1().g(turn(fake, real)).item() == pytest.approx((0.5 + 2) / 2)
    assert L2().g(turn(fake, real)).item() == pytest.approx((0.25 + 4) / 2)


def test_the_variation_of_a_ramp():
    x = (3.0 * torch.arange(4)[:, None] + 4.0 * torch.arange(5)).expand(2, 1, 4, 5)
    assert variation(x, 2.0).unique().tolist() == [25.0]
    assert variation(x, 1.0).mean().item() == pytest.approx(5.0)
    flat = torch.zeros(1, 1, 4, 4, requires_grad=True)
    (gradient,) = torch.autograd.grad(variation(flat, 1.0).sum(), flat)
    assert (gradient == 0).all()
    assert TotalVariation().g(turn(x, None)).item() == 25.0


def test_perceptual_is_the_distance_of_each_map():
    t = trainer(unet(), [BCE(), term := Perceptual()], noise((1, 16, 16)))
    turn_ = first_turn(t, "g")
    maps = []
    for x in (turn_.fake, turn_.real):
        maps.append([])
        for filters in RandomFeatures((1, 16, 16)).double().buffers():
            x = leaky_relu(conv2d(pad(x, (1, 1, 1, 1), mode="reflect"), filters, stride=2), 0.2)
            maps[-1].append(x)
    assert [m.shape[-1] for m in maps[0]] == [8, 4]
    expected = sum((a - b).square().mean() for a, b in zip(*maps, strict=True))
    assert torch.allclose(term.g(turn_), expected)
    term.distance = "l1"
    assert torch.allclose(term.g(turn_), sum((a - b).abs().mean() for a, b in zip(*maps, strict=True)))


@pytest.mark.parametrize("smaller", [(1, 8, 8), (1, 4, 4)])
def test_perceptual_looks_at_images_of_the_size_that_g_makes(smaller):
    """Whatever the size of what is given: maps of 8 and 4 pixels here."""
    data = noise((1, 16, 16), source=smaller)
    t = trainer(RRDB(width=4, d_width=4, blocks=1, growth=2), [BCE(), term := Perceptual()], data)
    turn_ = first_turn(t, "g")
    maps = RandomFeatures((1, 16, 16)).double()
    expected = sum((a - b).square().mean() for a, b in zip(maps(turn_.fake), maps(turn_.real), strict=True))
    assert torch.allclose(term.g(turn_), expected)


def test_vgg_is_read_from_a_file(tmp_path):
    models = pytest.importorskip("torchvision.models")
    vgg = models.vgg16(weights=None)
    torch.save(vgg.state_dict(), tmp_path / "vgg.pth")
    term = Perceptual(network="vgg16", weights=tmp_path / "vgg.pth")
    t = trainer(unet(), [BCE(), term], noise((1, 16, 16)))
    turn_ = first_turn(t, "g")
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    seen = [
        ((x.expand(-1, 3, -1, -1) + 1) / 2 - mean[:, None, None]) / std[:, None, None] for x in (turn_.fake, turn_.real)
    ]
    layers = vgg.double().features[:9]
    a, b = (layers(x) for x in seen)
    assert torch.allclose(term.g(turn_), (a - b).square().mean())
    with pytest.raises(ganzoo.Incompatible, match="cannot be read"):
        trainer(unet(), [BCE(), Perceptual(network="vgg16", weights=tmp_path / "none.pth")], noise((1, 16, 16)))


# ---------------------------------------------------------------- contrasts of patches


def test_nce_is_the_cross_entropy_of_the_same_place():
    t = trainer(resnet(), [BCE(), term := PatchNCE(identity=0.0, units=6)], noise((2, 16, 16)))
    turn_ = first_turn(t, "g")
    heads = t.game.g.companions["patch-heads"].heads
    assert len(heads) == 5
    expected = []
    for made, given, head in zip(turn_.G.features(turn_.fake), turn_.G.features(turn_.given), heads, strict=True):
        for n in range(len(made)):
            vectors = []
            for x in (made[n], given[n]):
                h = head(x.flatten(1).T)
                vectors.append(h / h.norm(dim=1, keepdim=True))
            for s in range(len(vectors[0])):
                similarity = vectors[1] @ vectors[0][s] / 0.07
                expected.append((torch.logsumexp(similarity, 0) - similarity[s], made.shape, len(made)))
    layers = {}
    for value, shape, _ in expected:
        layers.setdefault(shape, []).append(value)
    if len(layers) == 5:
        mean = torch.stack([torch.stack(values).mean() for values in layers.values()]).mean()
    else:  # layers of one shape have as many places, so that the mean over both is that of their means
        counts = [len(head_) for head_ in layers.values()]
        places = [(m.shape[2] * m.shape[3] * len(m)) for m in turn_.G.features(turn_.given)]
        weights = [1 / (5 * p) for p in places]
        values = torch.stack([value for value, *_ in expected])
        mean = (values * torch.cat([torch.full((p,), w) for p, w in zip(places, weights, strict=True)])).sum()
        assert sum(counts) == sum(places)
    assert torch.allclose(term.g(turn_), mean)


def test_nce_takes_so_many_places_and_h_learns_through_the_query():
    term = PatchNCE(patches=7, units=6)
    a, b = term.at_places(torch.randn(2, 3, 4, 4), torch.randn(2, 3, 4, 4))
    assert a.shape == b.shape == (2, 7, 3)
    t = trainer(resnet(), [BCE(), term], noise((2, 16, 16)))
    before = [p.clone() for p in t.game.g.companions.parameters()]
    t.play("g")
    assert all(not torch.equal(a, b) for a, b in zip(before, t.game.g.companions.parameters(), strict=True))


def test_nce_of_real_images_counts_as_much_as_its_weight():
    t = trainer(resnet(), [BCE(), term := PatchNCE(units=6)], noise((1, 16, 16)))
    turn_ = first_turn(t, "g")
    x = term.contrast(turn_, turn_.fake, turn_.given)
    y = term.contrast(turn_, turn_.generate(turn_.z, given=turn_.real), turn_.real)
    term.identity = 0.25
    assert torch.allclose(term.g(turn_), x + 0.25 * y)


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("terms", "data", "why"),
    [
        ([L1()], noise(paired=False), "not paired"),
        ([L1()], noise(source=None), "gives nothing"),
        ([Perceptual()], noise(paired=False), "not paired"),
        ([Perceptual(network="vgg19")], noise(), "needs its weights"),
        ([PatchNCE()], noise((1, 8, 8), (1, 4, 4)), "same shape"),
    ],
)
def test_what_cannot_be_compared_is_refused(terms, data, why):
    with pytest.raises(ganzoo.Incompatible, match=why):
        trainer(unet(), [BCE(), *terms], data)


def test_nce_needs_a_g_with_an_encoder():
    with pytest.raises(ganzoo.Incompatible, match="encoder"):
        trainer(DCGAN(width=4), [BCE(), PatchNCE()], noise())


def test_l1_lets_any_g_take_what_is_given():
    t = trainer(DCGAN(width=4), [BCE(), L1()], noise())
    t.round()
    assert t.game.takes == {"g"}
