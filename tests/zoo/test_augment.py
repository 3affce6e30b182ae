"""What D sees instead of a sample: augmentations, and noise that fades."""

import pytest
import torch
from helpers.play import assembled, trainer, turn

from ganzoo.recipes.settings import Settings
from ganzoo.support.errors import Incompatible
from ganzoo.zoo.architectures.dcgan import DCGAN
from ganzoo.zoo.architectures.mlp import MLP
from ganzoo.zoo.losses import BCE
from ganzoo.zoo.nn.augmentations import color, cut_out, perturb, policy, translate
from ganzoo.zoo.regularizers.ada import ADA
from ganzoo.zoo.regularizers.augment import DiffAugment
from ganzoo.zoo.regularizers.noise import InstanceNoise

SHAPES = [(6, 1, 8, 8), (6, 3, 8, 8), (4, 2, 12, 20)]
ALL = [color, translate, cut_out]


def images(shape, seed=0):
    return torch.rand(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(7)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("augment", ALL)
def test_strength_zero_changes_nothing(augment, shape):
    x = images(shape)
    assert torch.allclose(augment(x, 0.0), x, atol=1e-14)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("augment", ALL)
def test_each_sample_has_a_change_of_its_own_that_can_be_differentiated_twice(augment, shape):
    x = images((1, *shape[1:])).expand(64, -1, -1, -1).clone().requires_grad_()
    y = augment(x, 0.5)
    assert y.shape == x.shape
    assert len(y.detach().flatten(1).unique(dim=0)) > 8
    (slope,) = torch.autograd.grad((y**3).sum(), x, create_graph=True)
    (again,) = torch.autograd.grad(slope.square().sum(), x)
    assert again.isfinite().all()
    assert again.abs().sum() > 0


def test_color_is_affine_in_a_grey_image_within_its_bounds():
    x = images((500, 1, 8, 8))
    y = color(x, 1.0)
    contrast = (y[:, 0, 0, 0] - y[:, 0, 0, 1]) / (x[:, 0, 0, 0] - x[:, 0, 0, 1])
    brightness = y.mean((1, 2, 3)) - x.mean((1, 2, 3))
    expected = y.mean((1, 2, 3), keepdim=True) + contrast.view(-1, 1, 1, 1) * (x - x.mean((1, 2, 3), keepdim=True))
    assert torch.allclose(y, expected)  # saturation is void
    assert 0.5 <= contrast.min() < 0.55
    assert 1.45 < contrast.max() <= 1.5
    assert -0.5 <= brightness.min() < -0.45
    assert 0.45 < brightness.max() <= 0.5


def test_color_scales_what_differs_between_channels_by_up_to_two():
    x = images((500, 3, 4, 4))
    y = color(x, 1.0)

    def hue(x):
        return (x - x.mean(1, keepdim=True)).flatten(1).norm(dim=1)

    contrast = (y.mean(1) - y.mean((1, 2, 3)).view(-1, 1, 1)).flatten(1).norm(dim=1) / (
        x.mean(1) - x.mean((1, 2, 3)).view(-1, 1, 1)
    ).flatten(1).norm(dim=1)
    saturation = hue(y) / hue(x) / contrast
    assert 0 <= saturation.min() < 0.05
    assert 1.95 < saturation.max() <= 2


def test_translate_shifts_whole_pixels_both_ways_and_fills_with_zeros():
    x = torch.zeros(300, 1, 8, 8, dtype=torch.float64)
    x[:, 0, 4, 3] = 1
    positions = {tuple(position) for position in translate(x, 0.125)[:, 0].nonzero()[:, 1:].tolist()}
    assert positions == {(row, column) for row in (3, 4, 5) for column in (2, 3, 4)}
    ones = translate(torch.ones(300, 1, 8, 8), 0.125).sum((1, 2, 3))
    assert set(ones.tolist()) == {64.0, 56.0, 49.0}


def test_cut_blanks_a_rectangle_of_half_a_side_wherever_it_fits():
    blank = cut_out(torch.ones(2000, 2, 8, 8), 0.5) == 0
    assert (blank[:, 0] == blank[:, 1]).all()
    rows, columns = blank[:, 0].any(2), blank[:, 0].any(1)
    assert torch.equal(blank[:, 0], rows[:, :, None] & columns[:, None, :])
    assert set(rows.sum(1).tolist()) == {2, 3, 4}  # 4 but where the border is in the way
    assert (rows.sum(1) == 4).double().mean() == pytest.approx(5 / 9, abs=0.05)


def test_perturb_shifts_and_flips_images_and_moves_points():
    x = images((400, 1, 8, 8))
    y = perturb(x, shift=0.0, flip=True, jitter=9.0)
    flipped = (y == x.flip(-1)).flatten(1).all(1)
    assert (flipped | (y == x).flatten(1).all(1)).all()
    assert flipped.double().mean() == pytest.approx(0.5, abs=0.1)
    assert torch.equal(perturb(x, shift=0.0, flip=False, jitter=9.0), x)
    points = torch.zeros(20000, 2)
    assert perturb(points, shift=0.5, flip=True, jitter=0.3).std().item() == pytest.approx(0.3, rel=0.03)


def test_diffaug_of_strength_zero_leaves_the_view_alone():
    t = turn(lambda x: x.flatten(1).sum(1), images(SHAPES[0]), images(SHAPES[0], 1))
    view = t.view
    DiffAugment(color=0, translation=0, cutout=0).turn(t)
    assert t.view is view
    assert policy(0, 0, 0) == []


@pytest.mark.parametrize("side", ["d", "g"])
def test_diffaug_is_between_both_kinds_of_sample_and_d(side):
    seen, real, fake = [], images(SHAPES[1]), images(SHAPES[1], 1).requires_grad_()

    def d(x):
        seen.append(x)
        return x.flatten(1).sum(1)

    t = turn(d, real, fake, side)
    DiffAugment().turn(t)
    (t.real_score + t.fake_score).sum().backward()
    assert not (seen[0] == real).flatten(1).all(1).any()
    assert not (seen[1] == fake).flatten(1).all(1).any()
    assert fake.grad.abs().sum() > 0  # G learns through it


def test_only_images_are_augmented():
    for term in (DiffAugment(), ADA()):
        with pytest.raises(Incompatible, match=r"it augments images, \(channels, height, width\), not samples of 20x3"):
            assembled(MLP(width=8), [BCE(), term], (20, 3))


def test_noise_fades_linearly_with_the_reals_that_d_has_seen():
    real = torch.zeros(20000, 1, dtype=torch.float64)
    t, term = turn(lambda x: x, real, real), InstanceNoise(sigma=0.5, fade=1000)
    term.attach(t.game)
    t.game.batch = 10
    for step, sigma in ((0, 0.5), (25, 0.375), (50, 0.25), (100, 0.0), (200, 0.0)):
        t.step.fill_(step)
        t.view = torch.clone
        term.turn(t)
        assert term.state["sigma"].item() == pytest.approx(sigma, abs=1e-7)
        assert t.view(real).std().item() == pytest.approx(sigma, rel=0.02)


def test_g_meets_the_noise_that_d_met_last():
    settings = Settings(batch=8, latent=4, d_steps=5)
    term = InstanceNoise(sigma=1.0, fade=80)
    t = trainer(DCGAN(width=4), [BCE(), term], (1, 8, 8), settings)
    t.round()
    assert term.state["sigma"].item() == pytest.approx(1 - 4 * 8 / 80)  # of D's fifth move; this was G's first
    t.play("g")
    assert term.state["sigma"].item() == pytest.approx(1 - 4 * 8 / 80)


@pytest.mark.parametrize("strength", [0.0, 0.125, 0.3, 0.5, 1.0])
@pytest.mark.parametrize("augment", [translate, cut_out])
def test_a_strength_that_is_a_tensor_gives_the_same_set_of_changes(augment, strength):
    """Its draws are others, but none is left out, none is added, and all are as frequent."""
    x = (torch.arange(16.0).view(1, 1, 4, 4) + 1).expand(20_000, -1, -1, -1)
    (plain, often), (changing, as_often) = (
        augment(x, given).flatten(1).unique(dim=0, return_counts=True) for given in (strength, torch.tensor(strength))
    )
    assert torch.equal(plain, changing)
    assert ((often - as_often).abs() <= 6 * (2 * often).sqrt()).all()


def test_a_policy_of_tensors_asks_none_whether_it_is_zero():
    strengths = [torch.zeros((), device="meta") for _ in range(3)]
    assert len(policy(*strengths)) == 3
    assert len(policy(0.0, *strengths[:2])) == 2
