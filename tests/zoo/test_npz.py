import os

import numpy as np
import pytest
import torch

from ganzoo.support.errors import DataError, GanzooWarning
from ganzoo.zoo.datasets.npz import NPZ
from ganzoo.zoo.metrics.base import Evaluation


def images(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture
def save(tmp_path):
    """Writes arrays, and returns the path."""

    def write(*arrays, **named):
        np.savez(tmp_path / "mine.npz", *arrays, **named)
        return tmp_path / "mine.npz"

    return write


def refused(match, path, **options):
    with pytest.raises(DataError, match=match) as error:
        NPZ(path, **options).train  # noqa: B018
    assert str(path) in str(error.value)


def test_every_image_is_used_once_with_its_label(save):
    x, y = images(20, 8, 8, 3), np.arange(20) % 4
    data = NPZ(save(x, y=y))
    assert (data.train.x.shape, data.test.x.shape) == ((18, 3, 8, 8), (2, 3, 8, 8))
    known = {image.transpose(2, 0, 1).tobytes(): label for image, label in zip(x, y, strict=True)}
    pairs = [(a, b) for split in (data.train, data.test) for a, b in zip(split.x, split.y, strict=True)]
    assert all(known.pop(image.numpy().tobytes()) == label for image, label in pairs)
    assert (known, data.labels) == ({}, 4)


def test_grey_images_need_no_channel_and_labels_may_be_missing(save):
    data = NPZ(save(images(10, 8, 8)))
    assert (data.shape, data.labels, data.train.y) == ((1, 8, 8), 0, None)


def test_the_split_is_always_the_same(save):
    path = save(images(30, 8, 8))
    assert NPZ(path).revision == NPZ(str(path)).revision
    assert torch.equal(NPZ(path).test.x, NPZ(path).test.x)


def test_the_array_is_the_first_that_is_not_y_or_the_one_that_is_named(save):
    a, b = images(10, 8, 8), images(6, 16, 16)
    path = save(y=np.zeros(10, int), a=a, b=b)
    with pytest.warns(GanzooWarning, match=r"mine.npz: 'a' is read, and not 'b'"):
        assert NPZ(path).shape == (1, 8, 8)
    refused(r"the labels are int64 \(10\), but should be integers \(6\)", path, array="b")
    assert NPZ(save(a=a, b=b), array="b").shape == (1, 16, 16)
    refused("has no array 'c'; it has a, b", save(a=a, b=b), array="c")


def test_labels_are_called_y_or_labels_and_y_comes_first(save):
    x, y = images(20, 8, 8), np.arange(20) % 4
    revision = NPZ(save(x, y=y)).revision
    data = NPZ(save(labels=y, x=x))
    assert (data.labels, data.revision) == (4, revision)
    with pytest.warns(GanzooWarning, match=r"'x' is read, and not 'labels'"):
        assert NPZ(save(labels=y % 2, y=y, x=x)).labels == 4


def test_the_key_of_a_metric_tells_files_apart(save):
    one = NPZ(save(images(20, 8, 8)))
    one.load()
    reference = Evaluation(one, one.train.x).reference("train")
    assert reference == f"npz@{one.revision}/train:18"


@pytest.mark.parametrize(
    ("arrays", "match"),
    [
        ([images(10, 8, 8) / 255], r"is float64 \(10, 8, 8\), but images are uint8"),
        ([images(10, 64)], r"is uint8 \(10, 64\)"),
        ([images(10, 3, 8, 8)], r"8 x 3 with 8 channel\(s\), but must be square and at least 8 x 8, as \(N, H, W, C\)"),
        ([images(10, 4, 4)], r"4 x 4 with 1 channel\(s\), but must be"),
        ([images(3, 8, 8)], r"3 image\(s\), but at least 4"),
        ([np.array([None, 1])], "the array 'arr_0' cannot be read .*no objects"),
        ([images(0, 8, 8)], r"0 image\(s\), but at least 4"),
        ([images(10, 8, 8, 0)], r"8 x 8 with 0 channel\(s\)"),
        ([], "holds no array"),
    ],
)
def test_what_holds_no_images_is_refused(save, arrays, match):
    refused(match, save(*arrays))


@pytest.mark.parametrize(
    ("y", "match"),
    [
        (np.zeros(9, int), r"the labels are int64 \(9\), but should be integers \(10\)"),
        (np.zeros(10), "the labels are float64"),
        (np.arange(10) - 1, "the labels are 10 different numbers from -1 to 8, but should be 0 to 9"),
        (
            np.arange(10) % 2 + 1,
            r"2 different numbers from 1 to 2, but should be 0 to 1; np.unique\(labels, return_inv",
        ),
        (np.arange(10) % 2 * 5, "2 different numbers from 0 to 5, but should be 0 to 1"),
        (np.arange(10) % 2 * np.iinfo(np.int64).max, "2 different numbers from 0 to 9223372036854775807"),
        (np.arange(10), "2 of 10 images are held out, but only 0 can be, since each class needs one"),
    ],
)
def test_labels_that_are_none_are_refused(save, y, match):
    refused(match, save(images(10, 8, 8), y=y))


@pytest.mark.parametrize("rare", range(20))
def test_no_class_is_held_out_as_a_whole(save, rare):
    y = (np.arange(20) == rare).astype(int) + 2 * (np.arange(20) == (rare + 1) % 20)
    data = NPZ(save(images(20, 8, 8), y=y))
    assert data.train.y.unique().tolist() == [0, 1, 2]
    assert (len(data.train.x), len(data.test.x)) == (18, 2)


def test_the_draw_is_the_same_with_labels_and_without_them_where_it_takes_no_class(save):
    x = images(60, 8, 8)
    plain = NPZ(save(x)).test.x
    assert torch.equal(NPZ(save(x, y=np.arange(60) % 7)).test.x, plain)
    sole = [i for i, image in enumerate(x) if any(np.array_equal(image, held[0]) for held in plain.numpy())]
    y = np.zeros(60, int)
    y[sole[0]] = 1
    held_out = NPZ(save(x, y=y)).test.x
    assert len(held_out) == 6
    assert sum(torch.equal(a, b) for a in held_out for b in plain) == 5


def test_levels_0_and_1_are_refused(save):
    refused("levels are only 0 and 1; images have levels 0 to 255, so multiply them by 255", save(images(10, 8, 8) % 2))


def test_a_missing_or_damaged_file_is_named(save, tmp_path):
    refused("no such file", tmp_path / "none.npz")
    refused("a folder; write one", tmp_path)
    os.mkfifo(tmp_path / "pipe")
    refused("no ordinary file", tmp_path / "pipe")
    (tmp_path / "empty.npz").touch()
    refused("not an .npz file, or a damaged one", tmp_path / "empty.npz")
    path = save(images(100, 8, 8))
    raw = path.read_bytes()
    path.write_bytes(raw[:-100])
    refused("not an .npz file, or a damaged one", path)
    path.write_bytes(raw[:2000] + b"\0" * 100 + raw[2100:])
    refused("the array 'arr_0' cannot be read", path)
