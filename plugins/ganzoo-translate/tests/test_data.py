"""Pairs of folders, and degraded images."""

import numpy as np
import pytest
import torch
from ganzoo_translate import damage
from ganzoo_translate.degrade import Degrade
from ganzoo_translate.pairs import Pairs
from PIL import Image

import ganzoo
from ganzoo.recipes.recipe import dataset


@pytest.fixture
def folders(tmp_path):
    """30 images in each of two folders: the partner of a level v is 255 - v, once as PNG and once as JPEG."""
    for folder in ("from", "to"):
        (tmp_path / folder / "below").mkdir(parents=True)
    for i in range(30):
        name, level = ("below/" if i % 2 else "") + f"{i:02}", 8 * i
        Image.new("RGB", (16, 16), (level,) * 3).save(tmp_path / "from" / f"{name}.png")
        Image.new("RGB", (16, 16), (255 - level,) * 3).save(tmp_path / "to" / f"{name}.bmp")
    return tmp_path / "from", tmp_path / "to"


def test_partners_have_the_same_name(folders):
    data = Pairs(*folders)
    for split, n in ((data.train, 27), (data.test, 3)):
        assert len(split.x) == len(split.given) == n
        assert split.paired
        assert (split.x.int() + split.given == 255).all()
    assert data.shape == data.source == (3, 16, 16)
    assert (data.metrics, data.primary, data.n_eval) == (("answer", "fid"), "mae", 9)


def test_training_may_not_know_who_belongs_together(folders):
    data, paired = Pairs(*folders, unpaired=True), Pairs(*folders)
    assert not data.train.paired
    assert data.test.paired
    assert torch.equal(data.test.x, paired.test.x)
    (folders[0] / "00.png").unlink()
    (folders[0] / "01 alone.png").write_bytes((folders[0] / "02.png").read_bytes())
    (folders[0] / "02.png").unlink()
    data = Pairs(*folders, unpaired=True)
    assert [len(split.given) for split in (data.train, data.test)] == [27, 2]
    assert [len(split.x) for split in (data.train, data.test)] == [27, 3]
    assert not data.test.paired
    assert (data.metrics, data.primary, data.n_eval) == (("fid",), "fid", 6)
    with pytest.raises(ganzoo.DataError, match=r"01 alone \(and 2 more\).*unpaired=yes"):
        Pairs(*folders).load()


def test_images_are_resized_and_mirrored(folders):
    data = Pairs(*folders, size=32, given_size=8, xflip=True, channels="grey")
    assert (data.shape, data.source) == ((1, 32, 32), (1, 8, 8))
    assert len(data.train.x) == 54
    assert len(data.test.x) == 3


def test_transparent_images_are_put_on_white(folders):
    for file in folders[0].rglob("*.png"):
        Image.new("RGBA", (16, 16), (0, 0, 0, 0)).save(file)
    assert (Pairs(*folders).train.given == 255).all()


def test_an_error_names_what_is_wrong_in_both_folders(folders):
    (folders[0] / "00.png").write_text("no image")
    (folders[1] / "04.bmp").write_text("no image")
    (folders[1] / "06.bmp").write_text("no image")
    with pytest.raises(ganzoo.DataError, match=r"(?s)00.png: .*\n.*04.bmp: .*\(and 1 more\)"):
        Pairs(*folders).load()


def test_two_images_of_one_name_are_refused(folders):
    Image.new("RGB", (16, 16)).save(folders[0] / "08.bmp")
    with pytest.raises(ganzoo.DataError, match="two images are named 08"):
        Pairs(*folders).load()


# ---------------------------------------------------------------- degraded images


def images(n=3, channels=3, side=16, seed=0):
    random = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (n, channels, side, side), generator=random, dtype=torch.uint8)


def test_smaller_images_are_those_of_pillow():
    x = images()
    for factor in (2, 4):
        small = damage.smaller(x, factor)
        size = (16 // factor, 16 // factor)
        expected = [Image.fromarray(i.permute(1, 2, 0).numpy()).resize(size, Image.Resampling.BICUBIC) for i in x]
        expected = torch.from_numpy(np.stack(expected)).permute(0, 3, 1, 2)
        assert (small.int() - expected.int()).abs().max() <= 1
    with pytest.raises(ValueError, match="no multiple of 3"):
        damage.smaller(x, 3)


def test_a_hole_is_a_quarter_of_the_image_in_its_centre():
    x = images()
    given = damage.without(x, missing := damage.square(x, 0.25))
    assert missing[:, 0, 4:12, 4:12].all()
    assert missing.float().mean() == 0.25
    assert (given[:, :3][missing.expand_as(x)] == 128).all()
    assert torch.equal(given[:, :3][~missing.expand_as(x)], x[~missing.expand_as(x)])
    assert torch.equal(given[:, 3:] == 255, missing)
    moving = damage.square(images(500), 0.25, torch.Generator().manual_seed(0))
    assert (moving.float().mean((1, 2, 3)) == 0.25).all()
    rows = moving[:, 0].any(2).int().argmax(1)
    assert rows.unique().tolist() == list(range(9))


def test_strokes_miss_a_share_that_grows_with_their_number():
    x = torch.zeros(200, 1, 64, 64, dtype=torch.uint8)
    shares = [damage.strokes(x, n, torch.Generator().manual_seed(0)).float().mean((1, 2, 3)) for n in (1, 4, 12)]
    means = [share.mean().item() for share in shares]
    assert 0.01 < means[0] < means[1] < means[2] < 0.8
    assert all((share > 0).float().mean() > 0.9 for share in shares)


def test_grey_blur_and_noise():
    x = images()
    red = torch.zeros(1, 3, 8, 8, dtype=torch.uint8)
    red[:, 0] = 200
    assert damage.grey(red).unique().tolist() == [60]
    with pytest.raises(ValueError, match="3 are needed"):
        damage.grey(red[:, :1])
    dot = torch.zeros(1, 1, 33, 33, dtype=torch.uint8)
    dot[..., 16, 16] = 255
    blurred = damage.blurred(dot, 1.6).float()
    place = torch.arange(33) - 16
    gaussian = torch.exp(-(place[:, None].square() + place.square()) / (2 * 1.6**2))
    assert torch.allclose(blurred[0, 0], (255 * gaussian / gaussian.sum()).round(), atol=1)
    flat = torch.full((1, 1, 16, 16), 77, dtype=torch.uint8)
    assert torch.equal(damage.blurred(flat, 2.0), flat)
    with pytest.raises(ValueError, match="wider than"):
        damage.blurred(flat, 9.0)
    grey = torch.full((50, 1, 32, 32), 128, dtype=torch.uint8)
    error = damage.noisy(grey, 25.0, torch.Generator().manual_seed(0)).float() - 128
    assert abs(error.std() - 25) < 0.3
    assert x.shape == damage.noisy(x, 5.0, torch.Generator()).shape


@pytest.mark.parametrize("how", ["x2", "hole", "mask", "blur", "noise"])
def test_held_out_images_are_degraded_once_and_for_all(how):
    first, second = Degrade(how=how, blur=1.0), Degrade(how=how, blur=1.0)
    assert torch.equal(first.test.given, second.test.given)
    assert first.revision == second.revision
    assert torch.equal(first.train.x, dataset("digits").train.x)
    assert first.labels == 10
    assert first.metrics == ("answer", "fid", "modes")
    assert first.encode_given(first.test.given).abs().max() <= 1


@pytest.mark.parametrize("options", [{"how": "mask"}, {"how": "noise"}, {"how": "hole", "moving": True}])
def test_training_draws_anew_and_repeatably(options):
    data = Degrade(**options)
    draws = [data.choose(64, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1)]
    assert all(torch.equal(a, b) for a, b in zip(draws[0], draws[1], strict=True))
    rows, given = draws[2]
    assert not torch.equal(draws[0][1], given)
    assert not torch.equal(data.train.given[rows], given)
    assert given.shape[1:] == data.train.given.shape[1:]
    if options["how"] != "noise":
        seen = given[:, 1:] == 0
        assert torch.equal(given[:, :1][seen], data.train.x[rows][seen])


def test_what_is_always_the_same_is_drawn_without_replacement():
    assert Degrade(how="x2").choose is None
    assert Degrade().choose is None


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"of": "ring8"}, "must hold images"),
        ({"how": "grey"}, "3 are needed"),
        ({"of": "degrade:digits"}, "gives something with its images already"),
    ],
)
def test_what_cannot_be_degraded_is_refused(translate, options, why):
    with pytest.raises(ganzoo.DataError, match=why):
        Degrade(**options).load()


@pytest.fixture
def translate():
    """With the parts of this package registered."""
    from ganzoo_translate import plugin

    from ganzoo.testing import cases

    (case, *_) = cases(plugin, ["static"])
    with case.plugin.activated():
        yield
