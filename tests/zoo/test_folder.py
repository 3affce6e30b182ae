import random
import re

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from ganzoo.cli import main
from ganzoo.interfaces.scores import to_metrics
from ganzoo.support.errors import DataError, GanzooWarning
from ganzoo.zoo.datasets.folder import Folder
from ganzoo.zoo.metrics.base import Evaluation
from ganzoo.zoo.metrics.fid import FID


def picture(path, mode="RGB", size=(16, 16), seed=0, **options):
    """Writes an image whose pixels are a smooth function of `seed`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    x = np.linspace(0, 200, size[0] * size[1]).reshape(size[1], size[0]) + seed
    Image.fromarray(x.astype(np.uint8)).convert(mode).save(path, **options)


@pytest.fixture
def root(tmp_path):
    """Twenty colour images of 16 x 16, in two folders."""
    for i in range(20):
        picture(tmp_path / "faces" / "ab"[i % 2] / f"{i:02}.png", seed=i)
    return tmp_path / "faces"


def refused(match, *args, **options):
    with pytest.raises(DataError, match=match) as error:
        Folder(*args, **options).train  # noqa: B018
    return str(error.value)


def test_every_image_is_used_once(root):
    data = Folder(root)
    assert data.shape == (3, 16, 16)
    assert (len(data.train.x), len(data.test.x)) == (18, 2)
    first = torch.cat([data.train.x, data.test.x])[:, 0, 0, 0]
    assert sorted(first.tolist()) == list(range(20))
    assert data.n_eval == 6


def test_the_split_is_always_the_same(root):
    assert Folder(root).revision == Folder(str(root)).revision


def test_the_key_of_a_metric_tells_folders_apart_and_few_images_have_no_fid(root):
    def scores(data):
        return to_metrics(FID()(Evaluation(data, data.train.x)))

    data, other = Folder(root), Folder(root, xflip=True)
    assert f"fid[{data.extractor.key},ref=folder@{data.revision}/train:18,n=2]" in scores(data)
    assert set(scores(data).values()) == {None}
    assert not set(scores(data)) & set(scores(other))


def test_a_run_without_a_score_says_so(root, tmp_path):
    spec = f"dcgan:width=4+bce@folder:{root},size=8"
    done = CliRunner().invoke(main, ["run", spec, "--images", "640", "--out", str(tmp_path / "run")])
    assert done.exit_code == 0, done.output
    assert "images/s\n" in done.output
    assert re.search(r"^no score is defined; `ganzoo eval` of the files says why$", done.output, re.MULTILINE)
    said = CliRunner().invoke(main, ["eval", str(tmp_path / "run")]).stderr
    assert "it takes 150 samples (here 6) and 50 held out (here 2); give more, or take --metric kid" in said


def test_home_is_expanded(root, monkeypatch):
    monkeypatch.setenv("HOME", str(root.parent))
    assert Folder("~/faces").shape == (3, 16, 16)


def test_xflip_doubles_the_train_split_alone(root):
    plain, data = Folder(root), Folder(root, xflip=True)
    assert torch.equal(data.train.x, torch.cat([plain.train.x, plain.train.x.flip(-1)]))
    assert torch.equal(data.test.x, plain.test.x)


def test_size_crops_the_middle_or_squeezes(tmp_path):
    for i in range(4):
        x = np.zeros((16, 48, 3), np.uint8)
        x[:, 16:32] = 255
        Image.fromarray(x).save(tmp_path / f"{i}.png")
    assert Folder(tmp_path, size=16).train.x.min() == 255
    squeezed = Folder(tmp_path, size=16, crop=False).train.x
    assert squeezed.shape[1:] == (3, 16, 16)
    assert squeezed[0, 0, 8, 0] == 0
    assert squeezed[0, 0, 8, 8] > 250


def test_exif_orientation_is_obeyed(tmp_path):
    upright = np.zeros((16, 16, 3), np.uint8)
    upright[:4] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # stored lying on its left side
    for i in range(4):
        Image.fromarray(np.rot90(upright).copy()).save(tmp_path / f"{i}.png", exif=exif)
    assert (Folder(tmp_path).train.x.permute(0, 2, 3, 1) == torch.from_numpy(upright)).all()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_every_usual_mode_is_read(tmp_path, mode):
    suffix = "tif" if mode == "CMYK" else "png"
    for i in range(4):
        picture(tmp_path / f"{i}.{suffix}", mode)
    assert Folder(tmp_path).shape[0] == (1 if mode in ("1", "L", "LA") else 3)


def test_what_is_transparent_becomes_white(tmp_path):
    for i in range(4):
        Image.new("RGBA", (16, 16), (200, 0, 0, 0)).save(tmp_path / f"{i}.png")
    assert Folder(tmp_path).train.x.min() == 255


def test_other_files_are_said_and_hidden_ones_are_not(root):
    for name in ("notes.txt", "a/00", "labels.npz"):
        (root / name).write_text("mine")
    (root / ".thumbs").mkdir()
    (root / ".thumbs" / "x.png").write_text("not an image")
    (root / "._00.png").write_text("not an image")
    with pytest.warns(GanzooWarning, match=r"a/00: is not used: its name .* of an image \(and 2 more\)$") as said:
        assert len(Folder(root).train.x) == 18
    assert len(said) == 1


def test_a_missing_folder(tmp_path):
    refused("no such folder; give a folder that holds images$", tmp_path / "none")
    (tmp_path / "file").touch()
    refused("not a folder; give a folder that holds images$", tmp_path / "file")
    (tmp_path / "file.npz").touch()
    refused("not a folder; give a folder that holds images, or write npz:", tmp_path / "file.npz")
    refused("no such folder", tmp_path / ("long" * 100))


def test_too_few_images(tmp_path):
    assert str(tmp_path) in refused(r"0 image\(s\), but at least 4", tmp_path)
    for i in range(3):
        picture(tmp_path / f"{i}.png")
    refused(r"3 image\(s\)", tmp_path)


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "bmp", "webp", "tif"])
def test_a_truncated_image_is_named(root, suffix):
    file = root / f"broken.{suffix}"
    noise = np.random.default_rng(0).integers(0, 255, (16, 16, 3), dtype=np.uint8)
    Image.fromarray(noise).save(file)
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * 0.7)])
    assert str(file) in refused("cannot be read", root)


def test_files_that_are_no_images_are_counted(root):
    for name in ("1.png", "2.jpg", "3.heic"):
        (root / name).write_bytes(random.Random(0).randbytes(100))
    message = refused(r"cannot be read.*\(and 2 more\)", root)
    assert str(root / "1.png") in message


def test_grey_among_colour_is_named(root):
    picture(root / "grey.png", "L")
    assert str(root / "grey.png") in refused("is grey, but most images are in colour; write channels=", root)
    assert Folder(root, channels="grey").shape == (1, 16, 16)
    assert Folder(root, channels="rgb").shape == (3, 16, 16)


def test_colour_among_grey_is_named(tmp_path):
    for i in range(8):
        picture(tmp_path / f"{i}.png", "L" if i else "RGB")
    assert str(tmp_path / "0.png") in refused("is in colour, but most images are grey", tmp_path)


def test_mixed_sizes_need_size(root):
    picture(root / "a.png", size=(20, 16))
    picture(root / "b.png", size=(32, 32))
    message = refused(r"is 20 x 16, but most images are 16 x 16; write size=N.*\(and 1 more\)", root)
    assert str(root / "a.png") in message
    assert Folder(root, size=16).shape == (3, 16, 16)


@pytest.mark.parametrize("size", [(24, 16), (4, 4)])
def test_odd_sizes_need_size(tmp_path, size):
    for i in range(4):
        picture(tmp_path / f"{i}.png", size=size)
    refused("must be square and at least 8 x 8; write size=N", tmp_path)


@pytest.mark.parametrize("options", [{}, {"size": 8}, {"channels": "rgb"}])
def test_levels_0_and_1_are_refused(tmp_path, options):
    for i in range(4):
        Image.fromarray(np.random.default_rng(i).integers(0, 2, (16, 16), dtype=np.uint8)).save(tmp_path / f"{i}.png")
    assert str(tmp_path) in refused("levels are only 0 and 1; .* multiply them by 255", tmp_path, **options)


def test_a_bitmap_has_levels_0_and_255(tmp_path):
    for i in range(4):
        picture(tmp_path / f"{i}.png", "1")
    assert Folder(tmp_path).train.x.unique().tolist() == [0, 255]
