"""The augmentations of ADA against references in numpy that are written another way, and what they do on average."""

import numpy as np
import pytest
import torch
from scipy.ndimage import map_coordinates
from scipy.signal import upfirdn

from ganzoo.zoo.nn.ada.blit import blit, mirror, move_pixels
from ganzoo.zoo.nn.ada.colour import recolour, transform_colours
from ganzoo.zoo.nn.ada.corruption import BandFilter, add_noise, blank, cut_square
from ganzoo.zoo.nn.ada.geometry import Geometry, rotation
from ganzoo.zoo.nn.ada.wavelets import SYM2, SYM6, downsampling, octaves, upsampling

LIKE = torch.zeros((), dtype=torch.float64)
ONE = torch.ones((), dtype=torch.float64)
SHAPES = [(6, 1, 8, 8), (6, 3, 8, 8), (4, 2, 12, 20), (3, 3, 9, 9), (2, 1, 1, 1)]


def images(shape, seed=0):
    return torch.rand(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def whole(*values):
    return torch.tensor(values)


def groups(*sides):
    return [blit, Geometry(sides, LIKE), recolour, BandFilter(sides, LIKE), add_noise, cut_square]


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(7)


# ---------------------------------------------------------------- all of them


@pytest.mark.parametrize("group", range(6))
@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_changes_at_p_0(group, shape):
    x = images(shape)
    assert torch.allclose(groups(*shape[2:])[group](x, 0 * ONE), x, atol=1e-11)


@pytest.mark.parametrize("group", range(6))
@pytest.mark.parametrize("shape", SHAPES[:3])
def test_p_is_the_share_of_samples_that_change_and_each_has_a_change_of_its_own(group, shape):
    x = images((1, *shape[1:])).expand(2000, -1, -1, -1)
    y = groups(*shape[2:])[group](x, 0.3 * ONE)
    changed = ~torch.isclose(y, x, atol=1e-9).flatten(1).all(1)
    least, most = {0: (0.4, 0.66), 1: (0.73, 0.79), 2: (0.55, 0.8), 3: (0.73, 0.79)}.get(group, (0.25, 0.35))
    # made of several, each of which is chosen with p; half of the flips, and some turns and shifts, change nothing
    assert least < changed.double().mean() < most
    assert len(y[changed].flatten(1).unique(dim=0)) > 30


@pytest.mark.parametrize("group", range(6))
def test_they_can_be_differentiated_twice(group):
    augment = groups(4, 5)[group]

    def same_draws(x):
        torch.manual_seed(3)
        return augment(x, 0.9 * ONE).tanh()

    x = images((2, 3, 4, 5)).requires_grad_()
    assert torch.autograd.gradcheck(same_draws, x)
    assert torch.autograd.gradgradcheck(same_draws, x)


# ---------------------------------------------------------------- pixel blitting


@pytest.mark.parametrize("flip", [0, 1])
@pytest.mark.parametrize("turns", [0, 1, 2, 3])
@pytest.mark.parametrize(("down", "right"), [(0, 0), (2, -3), (-1, 1), (6, 0)])
def test_pixels_move_as_numpy_moves_them(flip, turns, down, right):
    x = images((1, 3, 7, 7))
    expected = np.rot90(x[0].numpy()[:, :, ::-1] if flip else x[0].numpy(), turns, (1, 2))
    expected = np.pad(expected, ((0, 0), (6, 6), (6, 6)), "reflect")[:, 6 - down : 13 - down, 6 - right : 13 - right]
    assert np.array_equal(move_pixels(x, whole(flip), whole(turns), whole(down), whole(right))[0].numpy(), expected)


def test_what_is_not_square_is_turned_by_halves():
    x = images((1, 1, 4, 6)).expand(200, -1, -1, -1)
    kinds = blit(x, ONE).flatten(1).unique(dim=0)
    assert blit(x, ONE).shape == x.shape
    assert torch.equal(move_pixels(x[:1], whole(0), whole(2), whole(0), whole(0)), x[:1].flip(2, 3))
    assert len(kinds) <= 4 * 3 * 3  # four ways round, shifts of -1 to 1


def test_a_reflection_goes_on_without_end():
    assert [mirror(whole(i), 3).item() for i in range(-5, 8)] == [1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1]
    assert mirror(whole(-4, 0, 9), 1).tolist() == [0, 0, 0]


@pytest.mark.parametrize("p", [0.3, 0.8])
def test_the_augmented_distribution_tells_the_original_one(p):
    """Section 2.2: turns and flips do not leak, since the operator that they are on distributions can be inverted."""
    pattern = images((1, 1, 4, 4))
    still = whole(0)
    kinds = torch.cat([move_pixels(pattern, whole(f), whole(t), still, still) for f in (0, 1) for t in range(4)])
    operator = torch.stack(
        [shares(blit(kinds[k : k + 1].expand(20_000, -1, -1, -1), p * ONE), kinds) for k in range(8)]
    )
    turned = torch.kron(torch.eye(2), torch.full((4, 4), p / 4) + (1 - p) * torch.eye(4))
    # of two flips half do nothing; a flipped image that is turned by t is one that was turned by -t, then flipped
    flipped = torch.zeros(8, 8)
    for f in (0, 1):
        for t in range(4):
            flipped[4 * f + t, 4 * f + t] += 1 - p / 2
            flipped[4 * f + t, 4 * (1 - f) + (-t) % 4] += p / 2
    assert torch.allclose(operator, (flipped @ turned).double(), atol=0.015)
    assert torch.linalg.svdvals(operator).min() > 0.7 * (1 - p) ** 2  # not 0: the original can be computed
    original = torch.tensor([0.4, 0.3, 0.1, 0.1, 0.05, 0.05, 0, 0], dtype=torch.float64)
    seen = shares(blit(kinds[torch.multinomial(original, 100_000, replacement=True)], p * ONE), kinds)
    assert torch.allclose(torch.linalg.solve((flipped @ turned).double().T, seen), original, atol=0.01 / (1 - p) ** 2)


def shares(x, kinds):
    """How often each of the kinds is seen. The longest shift, of half a pixel, is rounded to none."""
    same = torch.isclose(x.flatten(1)[:, None], kinds.flatten(1)[None]).all(2).double()
    assert same.sum(1).eq(1).all()
    return same.mean(0)


# ---------------------------------------------------------------- geometry


@pytest.mark.parametrize("size", [1, 2, 3, 8, 13])
def test_downsampling_undoes_upsampling(size):
    assert np.allclose(downsampling(size) @ upsampling(size), np.eye(size), atol=1e-11)


def reference(image, back, shift, pad=9):
    """The paper's steps: pad by reflection, filter between zeros, read between values, filter, keep every other."""
    fine = np.pad(image, pad, "reflect")
    for axis in (0, 1):
        fine = upfirdn(np.sqrt(2) * SYM6, fine, up=2, axis=axis)
    middle = (np.array(image.shape) - 1) / 2
    values = np.meshgrid(*(np.arange(2 * side + 10) for side in image.shape), indexing="ij")
    centre = (np.arange(12) * SYM6).sum() / SYM6.sum()
    places = (np.stack(values, -1) - centre) / 2 - middle
    source = (places - shift) @ back.T + middle
    warped = map_coordinates(fine, np.moveaxis(2 * (source + pad) + centre, -1, 0), order=1)
    for axis in (0, 1):
        warped = np.apply_along_axis(lambda line: np.correlate(line, SYM6 / np.sqrt(2), "valid")[::2], axis, warped)
    return warped


def test_an_image_is_resampled_as_in_the_paper():
    x, back, shift = images((1, 2, 10, 12)), rotation(torch.tensor([0.2], dtype=torch.float64)) / 1.7, [[0.4, -0.3]]
    shift = torch.tensor(shift, dtype=torch.float64)
    ours = Geometry((10, 12), LIKE).resample(x, back, shift)[0].numpy()
    for channel in (0, 1):
        expected = reference(x[0, channel].numpy(), back[0].numpy(), shift[0].numpy())
        assert np.allclose(ours[channel], expected, atol=1e-10)


@pytest.mark.parametrize(("angle", "scale", "shift"), [(0.3, 1.0, (0, 0)), (2.5, 1.3, (0.25, 0)), (-1, 0.8, (0, -1.7))])
def test_a_smooth_picture_is_where_the_matrix_says(angle, scale, shift):
    """Within the filter's reach of where nothing was reflected."""
    n, waves = 32, torch.tensor([0.35, 0.2], dtype=torch.float64)
    place = torch.arange(n, dtype=torch.float64) - (n - 1) / 2
    places = torch.stack(torch.meshgrid(place, place, indexing="ij"), -1)
    back = rotation(torch.tensor([angle], dtype=torch.float64)) / scale
    shift = torch.tensor([shift], dtype=torch.float64)
    found = Geometry((n, n), LIKE).resample((places @ waves).cos()[None, None], back, shift)[0, 0]
    source = (places - shift[0]) @ back[0].T
    inside = (source.abs().amax(-1) < n / 2 - 4) & (places.abs().amax(-1) < n / 2 - 4)
    assert inside.sum() > 200
    assert (found - (source @ waves).cos())[inside].abs().max() < 0.08


def test_beyond_its_edges_an_image_is_reflected():
    x = images((1, 1, 8, 8))
    for pixels in (3, -5, 20):
        shift = torch.tensor([[0.0, pixels]], dtype=torch.float64)
        found = Geometry((8, 8), LIKE).resample(x, torch.eye(2, dtype=torch.float64)[None], shift)
        expected = np.pad(x[0, 0].numpy(), ((0, 0), (20, 20)), "reflect")[:, 20 - pixels : 28 - pixels]
        assert np.corrcoef(found[0, 0].numpy().ravel(), expected.ravel())[0, 1] > 0.95
    flat = torch.full((50, 1, 8, 8), 0.7, dtype=torch.float64)
    assert torch.allclose(Geometry((8, 8), LIKE)(flat, ONE), flat, atol=1e-6)


def test_the_transformations_have_the_paper_s_distributions():
    x = torch.zeros(20_000, 1, 8, 16, dtype=torch.float64)
    geometry = Geometry((8, 16), LIKE)
    back, shift = geometry.draw(x, ONE)
    scale = -back.det().log2() / 2
    assert (scale.mean().item(), scale.std().item()) == pytest.approx((0, 0.2), abs=0.005)
    sides = torch.linalg.svdvals(back)
    assert (sides[:, 0] / sides[:, 1]).log2().square().mean().sqrt().item() / 2 == pytest.approx(0.2, abs=0.005)
    assert shift.std(0).tolist() == pytest.approx([0.125 * 8, 0.125 * 16], rel=0.03)
    for p in (0.3, 0.8):
        back, shift = geometry.draw(x, p * ONE)
        turned = (back[:, 0, 1] != 0) | (back[:, 1, 0] != 0)
        assert turned.double().mean().item() == pytest.approx(p, abs=0.015)
        assert (shift != 0).all(1).double().mean().item() == pytest.approx(p, abs=0.015)
        assert (shift != 0).any(1).equal((shift != 0).all(1))


# ---------------------------------------------------------------- colour


def reference_colours(pixels, added, factor, sign, angle, saturation):
    """The paper's five matrices, for colours (3, ...) with a fourth entry of 1."""
    v = np.array([1, 1, 1, 0]) / np.sqrt(3)
    cross = np.zeros((4, 4))
    cross[:3, :3] = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3)
    eye, axis, own = np.eye(4), np.outer(v, v), np.diag([1.0, 1, 1, 0])
    move = eye.copy()
    move[:3, 3] = added
    reflect = eye - 2 * axis * (sign < 0)
    hue = axis + np.cos(angle) * (own - axis) + np.sin(angle) * cross + np.diag([0, 0, 0, 1.0])
    saturate = axis + (eye - axis) * saturation
    saturate[3, 3] = 1
    matrix = saturate @ hue @ reflect @ np.diag([factor, factor, factor, 1]) @ move
    return np.einsum("ij,jhw->ihw", matrix[:3, :3], pixels) + matrix[:3, 3, None, None]


CASES = [(0.3, 1, 1, 0, 1), (0, 1.7, 1, 0, 1), (0, 1, -1, 0, 1), (0, 1, 1, 2.1, 1), (0, 1, 1, 0, 0.4)]


@pytest.mark.parametrize("case", [*CASES, (-0.2, 0.6, -1, -1.3, 2.2)])
def test_colours_change_by_the_paper_s_matrices(case):
    values = [torch.tensor([value], dtype=torch.float64) for value in case]
    x = images((1, 3, 4, 5))
    assert np.allclose(transform_colours(x, *values)[0].numpy(), reference_colours(x[0].numpy(), *case), atol=1e-12)
    grey = x[:, :1]
    expected = reference_colours(grey[0].numpy().repeat(3, 0), *case).mean(0)  # as the paper's code does
    assert np.allclose(transform_colours(grey, *values)[0, 0].numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("channels", [2, 4])
def test_other_numbers_of_channels_have_luma_and_saturation(channels):
    added, factor, sign, angle, saturation = (torch.tensor([v], dtype=torch.float64) for v in (0.2, 1.5, -1, 2.0, 3.0))
    x = images((1, channels, 3, 3))
    y = transform_colours(x, added, factor, sign, angle, saturation)
    mean = x.mean(1, keepdim=True)
    assert torch.allclose(y.mean(1, keepdim=True), -1.5 * (mean + 0.2))
    assert torch.allclose(y - y.mean(1, keepdim=True), 1.5 * 3 * (x - mean))


def test_colours_are_drawn_as_in_the_paper():
    n = 20_000
    x = (
        torch.tensor([[0.5, -0.1, -0.4], [0.8, 0.2, -0.1]], dtype=torch.float64)
        .T.reshape(1, 3, 1, 2)
        .expand(n, -1, -1, -1)
    )
    y = recolour(x, ONE)
    luma, chroma = y.mean(1)[:, 0], y - y.mean(1, keepdim=True)
    factor = (luma[:, 1] - luma[:, 0]) / 0.3
    assert (factor < 0).double().mean().item() == pytest.approx(0.5, abs=0.02)
    assert (factor.abs().log2().mean().item(), factor.abs().log2().std().item()) == pytest.approx((0, 0.5), abs=0.02)
    assert (luma[:, 0] / factor).std().item() == pytest.approx(0.2, abs=0.01)
    first = x[:, :, 0, 0] - x.mean(1)[:, :1, 0]
    after = chroma[:, :, 0, 0]
    saturation = after.norm(dim=1) / first.norm(dim=1) / factor.abs()
    assert saturation.log2().std().item() == pytest.approx(1, abs=0.03)
    cosine = (after * first).sum(1) / after.norm(dim=1) / first.norm(dim=1)
    assert (cosine.clamp(-1, 1).arccos() / torch.pi).mean().item() == pytest.approx(0.5, abs=0.02)


# ---------------------------------------------------------------- filter, noise, cutout


def test_bands_have_the_frequencies_that_products_of_the_wavelet_s_filter_give():
    """An octave each: 1 - L(w), L(w) (1 - L(2w)), ..., L(w) = |H(w)|² / 2."""
    n = 256
    w = 2 * np.pi * np.arange(n) / n

    def low(w):
        return np.abs(np.exp(-1j * np.outer(w, np.arange(4))) @ SYM2) ** 2 / 2

    found = np.fft.fft(octaves(n)[:, :, n // 2], axis=1)  # the answer to an impulse, far from the edges
    expected = [low(w) * low(2 * w) * low(4 * w), low(w) * low(2 * w) * (1 - low(4 * w)), low(w) * (1 - low(2 * w))]
    assert np.allclose(np.abs(found), [*expected, 1 - low(w)], atol=1e-9)
    assert np.allclose(octaves(8).sum(0), np.eye(8))


def test_bands_are_amplified_along_both_sides_and_a_flat_image_stays_flat():
    x, gains = images((2, 3, 8, 12)), torch.rand(2, 4, dtype=torch.float64)
    down, right = (np.einsum("nb,bij->nij", gains.numpy(), octaves(size)) for size in (8, 12))
    expected = np.einsum("nij,ncjk,nlk->ncil", down, x.numpy(), right)
    assert np.allclose(BandFilter((8, 12), LIKE).amplify(x, gains).numpy(), expected)
    flat = BandFilter((8, 8), LIKE).amplify(torch.ones(1, 1, 8, 8, dtype=torch.float64), gains[:1])
    assert torch.allclose(flat, gains[0, 0] ** 2)


def test_filtering_keeps_the_power_of_what_has_the_expected_spectrum():
    bands = []

    class Seen(BandFilter):
        def amplify(self, x, gains):
            bands.append(gains)
            return x

    Seen((8, 8), LIKE)(torch.zeros(1, 1, 8, 8, dtype=torch.float64).expand(5000, -1, -1, -1), 0.25 * ONE)
    gains = bands[0]
    power = (gains.square() * torch.tensor([10, 1, 1, 1]) / 13).sum(1)
    changed = (gains != gains[:, :1]).any(1)
    assert changed.double().mean().item() == pytest.approx(1 - 0.75**4, abs=0.02)
    one = (gains == gains.mode(1, keepdim=True).values).sum(1) == 3  # only one band was changed
    assert torch.allclose(power[one], ONE)


def test_the_noise_has_a_strength_of_its_own_in_each_sample():
    y = add_noise(torch.zeros(4000, 1, 16, 16, dtype=torch.float64), ONE)
    strength = y.flatten(1).std(1)
    assert strength.square().mean().sqrt().item() == pytest.approx(0.1, rel=0.05)
    assert strength.mean().item() == pytest.approx(0.1 * (2 / np.pi) ** 0.5, rel=0.05)  # half-normal


def test_a_square_is_cut_out_around_a_place():
    ones = torch.ones(1, 2, 8, 8)
    expected = np.ones((8, 8))
    for row in range(8):
        for column in range(8):
            if abs((row + 0.5) / 8 - 0.3) < 0.25 and abs((column + 0.5) / 8 - 0.9) < 0.25:
                expected[row, column] = 0
    cut = blank(ones, torch.tensor([[0.3, 0.9]]), torch.tensor([0.5]))
    assert np.array_equal(cut[0].numpy(), np.stack([expected, expected]))
    shares = (cut_square(torch.ones(4000, 1, 8, 8, dtype=torch.float64), ONE) == 0).double().mean((1, 2, 3))
    assert shares.max() == 0.25
    assert shares.mean().item() == pytest.approx((0.5 * 7 / 8) ** 2, rel=0.05)  # what lies over the edge is lost
