import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo.evaluation.evaluate import evaluate, merged
from ganzoo.evaluation.samples import load_samples
from ganzoo.interfaces.scores import Score, value_of
from ganzoo.support.errors import DataError, GanzooWarning
from ganzoo.zoo.datasets.digits import Digits, StackedDigits
from ganzoo.zoo.datasets.mixtures import Ring
from ganzoo.zoo.metrics.fid import FID
from ganzoo.zoo.metrics.high_quality import HighQuality
from ganzoo.zoo.metrics.modes import Modes


def test_all_scores_are_in_one_list():
    data = Digits()
    scores = evaluate(data, data.train.x[:600], [FID(), Modes()])
    assert value_of(scores, "fid") > 0
    assert value_of(scores, "modes@5") == 10
    assert all(score.value is not None for score in scores)


def test_numbers_of_any_kind_can_be_recorded():
    """A record could not hold them otherwise."""
    kinds = (torch.tensor(0.5), np.float32(0.5), np.int64(2), torch.tensor(float("nan")), None, 2)
    values = [score.value for score in merged([[Score(str(i), "", value) for i, value in enumerate(kinds)]])]
    assert values == [0.5, 0.5, 2.0, None, None, 2]
    assert [type(value) for value in values if value is not None] == [float, float, float, int]  # counts stay counts


def test_points_that_are_not_finite_score_none():
    scores = evaluate(Ring(), torch.full((10, 2), torch.nan), [Modes(), HighQuality()])
    assert value_of(scores, "modes@1") == 0
    assert value_of(scores, "hq@3sigma") == 0
    assert value_of(scores, "kl") is None
    assert value_of(scores, "kl.floor") is not None


def save(tmp_path, *arrays, **named):
    np.savez(tmp_path / "samples.npz", *arrays, **named)
    return tmp_path / "samples.npz"


GREY = np.arange(4 * 64, dtype=np.uint8).reshape(4, 8, 8)


@pytest.mark.parametrize("array", [GREY, GREY[..., None]])
def test_grey_images_are_read(tmp_path, array):
    x, *_ = load_samples(save(tmp_path, array), Digits())
    assert x.shape == (4, 1, 8, 8)
    assert np.array_equal(x[:, 0].numpy(), GREY)


def test_colour_images_are_read(tmp_path):
    colour = np.stack([GREY, GREY + 1, GREY + 2], axis=-1)
    x, *_ = load_samples(save(tmp_path, images=colour, labels=np.zeros(4, int)), StackedDigits())
    assert np.array_equal(x.numpy(), colour.transpose(0, 3, 1, 2))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_points_are_read(tmp_path, dtype):
    x, *_ = load_samples(save(tmp_path, np.ones((3, 2), dtype)), Ring())
    assert x.dtype == torch.float32
    assert x.shape == (3, 2)


@pytest.mark.parametrize(
    ("array", "data", "message"),
    [
        (GREY.astype(np.float32), Digits, r"is float32 \(4, 8, 8\), but images are uint8"),
        (GREY.astype(np.int64), Digits, "is int64"),
        (GREY.reshape(4, 64), Digits, r"is uint8 \(4, 64\)"),
        (GREY[:, :6, :6], Digits, r"have the shape \(1, 6, 6\), but the data \(1, 8, 8\)"),
        (GREY, StackedDigits, r"have the shape \(1, 8, 8\), but the data \(3, 8, 8\)"),
        (GREY[:1], Digits, r"1 sample\(s\); at least 2 are needed, and 1500 are usual"),
        (GREY[:0], Digits, r"0 sample\(s\)"),
        (np.ones((3, 2), np.int64), Ring, "is int64"),
        (np.ones(3), Ring, r"is float64 \(3\), but points are floats \(N, 2\)"),
        (np.ones((3, 3)), Ring, r"have the shape \(3\), but the data \(2\)"),
        (np.array([[0, 0], [np.nan, 0], [0, np.inf]]), Ring, "2 of 3 points are not finite, the first in row 1"),
        (np.array([{"a": 1}], object), Ring, "cannot be read"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, array, data, message):
    path = save(tmp_path, array)
    with pytest.raises(DataError, match=message) as error:
        load_samples(path, data())
    assert str(path) in str(error.value)


def test_an_empty_file_is_refused(tmp_path):
    with pytest.raises(DataError, match="holds no array"):
        load_samples(save(tmp_path), Ring())


def test_what_is_not_npz_is_refused(tmp_path):
    path = tmp_path / "samples.npy"
    with pytest.raises(DataError, match="no such file"):
        load_samples(path, Ring())
    np.save(path, np.ones((3, 2)))
    with pytest.raises(DataError, match=r"not an \.npz file, or a damaged one"):
        load_samples(path, Ring())


def test_a_damaged_file_is_refused(tmp_path):
    path = save(tmp_path, np.ones((300, 2)))
    raw = bytearray(path.read_bytes())
    raw[1000] ^= 255
    path.write_bytes(raw)
    with pytest.raises(DataError, match=r"cannot be read \(Bad CRC"):
        load_samples(path, Ring())
    path.write_bytes(raw[:2000])
    with pytest.raises(DataError, match="damaged"):
        load_samples(path, Ring())


def test_a_damaged_compressed_file_is_refused(tmp_path):
    path = tmp_path / "samples.npz"
    np.savez_compressed(path, np.random.default_rng(0).random((300, 2)))
    raw = path.read_bytes()
    for position in range(60, len(raw) - 120, 97):
        path.write_bytes(raw[:position] + bytes([raw[position] ^ 255]) + raw[position + 1 :])
        with pytest.raises(DataError, match=r"the array 'arr_0' cannot be read \(.+\)"):
            load_samples(path, Ring())


@pytest.mark.parametrize(
    ("offset", "value", "said"),
    [(6, 1, "encrypted"), (8, 99, "compression")],  # the flags and the method, in the local and the central header
)
def test_a_file_that_cannot_be_unpacked_is_refused(tmp_path, offset, value, said):
    path = save(tmp_path, np.ones((300, 2)))
    raw = bytearray(path.read_bytes())
    raw[offset] = raw[raw.index(b"PK\x01\x02") + offset + 2] = value
    path.write_bytes(raw)
    with pytest.raises(DataError, match=said):
        load_samples(path, Ring())


def test_a_file_larger_than_memory_is_refused(tmp_path):
    path = tmp_path / "samples.npz"
    head = {"descr": "<f8", "fortran_order": False, "shape": (2**50, 2)}
    with zipfile.ZipFile(path, "w") as file, file.open("arr_0.npy", "w") as member:
        np.lib.format.write_array_header_1_0(member, head)
    with pytest.raises(DataError, match="cannot be read"):
        load_samples(path, Ring())


def test_an_archive_of_something_else_is_refused(tmp_path):
    path = tmp_path / "samples.npz"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("readme.txt", "hello")
    with pytest.raises(DataError, match=r"the array is \|S5"):
        load_samples(path, Ring())


def test_labels_come_with_samples(tmp_path):
    x, y, *_ = load_samples(save(tmp_path, GREY, labels=np.array([3, 0, 9, 1])), Digits())
    assert y.tolist() == [3, 0, 9, 1]
    assert len(x) == 4
    for wrong, said in {(3, 0, 10, 1): "from 0 to 10", (-1, 0, 1, 1): "from -1 to 1"}.items():
        with pytest.raises(DataError, match=rf"samples\.npz: the labels are {said}, but the data's from 0 to 9"):
            load_samples(save(tmp_path, GREY, y=np.array(wrong)), Digits())
    for wrong, said in {(1, 2): r"int64 \(2\)", (0.0, 1.0, 2.0, 3.0): r"float64 \(4\)"}.items():
        with pytest.raises(
            DataError, match=rf"the labels are {said}, but should be integers \(4\), one for each sample"
        ):
            load_samples(save(tmp_path, GREY, y=np.array(wrong)), Digits())


def test_levels_of_one_bit_are_refused(tmp_path):
    path = save(tmp_path, (GREY > 100).astype(np.uint8))
    with pytest.raises(DataError, match=r"samples\.npz: levels are only 0 and 1"):
        load_samples(path, Digits())
    assert load_samples(save(tmp_path, GREY * 0), Digits()).x.max() == 0  # black is what a collapsed generator may draw


def test_points_beyond_float32_are_not_finite(tmp_path):
    with pytest.raises(DataError, match="1 of 2 points are not finite, the first in row 0"):
        load_samples(save(tmp_path, np.array([[1e300, 0], [0, 0]])), Ring())


# ---------------------------------------------------------------- folders of images


@pytest.fixture
def images(tmp_path):
    for i, x in enumerate(GREY):
        Image.fromarray(x).save(tmp_path / f"{i}.png")
    return tmp_path


def test_a_folder_is_read_in_the_order_of_its_paths(images):
    (images / "notes.txt").write_text("not an image")
    (images / ".hidden.png").write_text("not an image either")
    with pytest.warns(GanzooWarning, match=r"notes\.txt: is not used"):
        x, y, *_ = load_samples(images, Digits())
    assert np.array_equal(x[:, 0].numpy(), GREY)
    assert y is None


def test_colour_images_of_a_folder(tmp_path):
    colour = np.stack([GREY, GREY + 1, GREY + 2], axis=-1)
    for i, x in enumerate(colour):
        Image.fromarray(x).save(tmp_path / f"{i}.bmp")
    assert np.array_equal(load_samples(tmp_path, StackedDigits()).x.numpy(), colour.transpose(0, 3, 1, 2))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda p: Image.new("RGBA", (8, 8)).save(p), "is RGBA 8 x 8, but the data is L 8 x 8"),
        (lambda p: Image.new("RGB", (8, 8)).save(p), "is RGB 8 x 8, but the data is L 8 x 8"),
        (lambda p: Image.new("L", (9, 8)).save(p), "is L 9 x 8, but the data is L 8 x 8"),
        (lambda p: p.write_bytes(b"no image"), "cannot be read: damaged, or not an image"),
        (lambda p: p.write_bytes(p.with_name("0.png").read_bytes()[:50]), "cannot be read: damaged"),
    ],
)
def test_one_bad_image_among_good_ones_is_named(images, spoil, said):
    spoil(images / "2.png")
    with pytest.raises(DataError, match=rf"2\.png: {said}"):
        load_samples(images, Digits())
    spoil(images / "3.png")
    with pytest.raises(DataError, match=r"\(and 1 more\)"):
        load_samples(images, Digits())


def test_folders_without_images_or_with_one(tmp_path):
    with pytest.raises(DataError, match=r"no run directory: it has no recipe\.json; and no folder of images"):
        load_samples(tmp_path, Digits())
    Image.fromarray(GREY[0]).save(tmp_path / "0.png")
    with pytest.raises(DataError, match=r"1 sample\(s\); at least 2 are needed"):
        load_samples(tmp_path, Digits())
    with pytest.raises(DataError, match="a folder can hold images, but ring8 is points"):
        load_samples(tmp_path, Ring())


@pytest.mark.parametrize(("data", "array"), [(Digits(), GREY[:0]), (Ring(), np.zeros((0, 2)))])
def test_an_array_without_samples_is_refused(tmp_path, data, array):
    for labels in ({}, {"y": np.zeros(0, int)}):
        with pytest.raises(DataError, match=r"samples\.npz: 0 sample\(s\); at least 2 are needed"):
            load_samples(save(tmp_path, array, **labels), data)
