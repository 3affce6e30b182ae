import gzip
import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from helpers import stand_ins
from helpers.stand_ins import idx_bytes, idx_files

from ganzoo.support.errors import DataError
from ganzoo.zoo.datasets import data_files, idx
from ganzoo.zoo.datasets.mnist import KMNIST, MNIST, FashionMNIST, StackedMNIST

PLACES = {MNIST: ("mnist", "MNIST/raw"), FashionMNIST: ("fashion-mnist", "FashionMNIST/raw")}
PLACES |= {KMNIST: ("kmnist", "KMNIST/raw")}


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A folder with MNIST's four files, of 12 and 4 images; nothing else is found, and nothing is downloaded."""
    data = [str(tmp_path / "nowhere"), str(tmp_path / "data")]
    monkeypatch.setenv("GANZOO_DATA", os.pathsep.join(data))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(data_files, "SYSTEM", tmp_path / "usr")
    return idx_files(tmp_path / "data" / "mnist")


def refused(match, make=MNIST):
    with pytest.raises(DataError, match=match) as error:
        make().train  # noqa: B018
    return str(error.value)


def test_gzipped_and_plain_files_are_read(root):
    (root / "t10k-images-idx3-ubyte").write_bytes(idx_bytes(4, 28, 28))
    data = MNIST()
    assert data.train.x.shape == (12, 1, 28, 28)
    assert data.test.x[0, 0, 0].tolist() == [i % 10 for i in range(28)]
    assert data.test.y.tolist() == [0, 1, 2, 3]
    assert data.test.y.dtype == torch.int64


@pytest.mark.parametrize(("make", "place"), [(make, place) for make, places in PLACES.items() for place in places])
def test_files_may_lie_where_torchvision_puts_them_or_in_the_root_itself(root, make, place, monkeypatch):
    other = root.parent / "other" / place
    other.parent.mkdir(parents=True)
    root.rename(other)
    for named in (root.parent / "other", other):
        monkeypatch.setenv("GANZOO_DATA", str(named))
        assert len(make().train.x) == 12


def test_a_folder_of_another_set_with_the_same_file_names_is_not_taken(root, monkeypatch):
    monkeypatch.setattr(FashionMNIST, "files", broken(FashionMNIST))
    refused("Fashion-MNIST is not in", FashionMNIST)
    monkeypatch.setenv("GANZOO_DATA", str(root.rename(root.parent / "fashion-mnist")))
    monkeypatch.setattr(MNIST, "files", broken(MNIST))
    refused("MNIST is not in")


def broken(make):
    """The files of a data set, without a network."""

    def fail(target):
        Path(target, make.files.folders[-1]).mkdir(parents=True)
        raise OSError("no route to host")

    return replace(make.files, fetch=fail)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("train-labels-idx1-ubyte", b"", "starts with nothing"),
        ("train-labels-idx1-ubyte", b"<html>", "starts with 3c 68 74 6d"),
        ("train-labels-idx1-ubyte", idx_bytes(12, 1), "should start with 00 00 08 01"),
        ("train-labels-idx1-ubyte", idx_bytes(12)[:9], "announces 12 bytes, but 1 follow"),
        ("train-labels-idx1-ubyte", idx_bytes(12)[:6], "0 follow"),
        ("train-labels-idx1-ubyte", idx_bytes(12) + b"x", "announces 12 bytes, but 13 follow"),
        ("train-labels-idx1-ubyte", idx_bytes(0), "announces 0 bytes"),
        ("train-labels-idx1-ubyte", idx_bytes(11), "has 11 labels for the 12 images of train-images-idx3-ubyte.gz"),
        ("t10k-labels-idx1-ubyte", idx_bytes(4, fill=10), "has a label 10"),
        ("t10k-images-idx3-ubyte.gz", gzip.compress(idx_bytes(4, 28, 28), mtime=0)[:-30], "end-of-stream"),
        ("t10k-images-idx3-ubyte.gz", b"\x1f\x8b" + b"x" * 40, "compression"),
        ("t10k-images-idx3-ubyte.gz", gzip.compress(idx_bytes(4, 28, 27), mtime=0), "images are 28 x 27"),
    ],
)
def test_a_damaged_file_is_named(root, name, content, message):
    (root / name).write_bytes(content)
    assert str(root / name) in refused(message)


def test_damage_inside_a_gzip_is_found(root):
    file = root / "t10k-images-idx3-ubyte.gz"
    raw = bytearray(gzip.compress(os.urandom(5000)))
    raw[2000] ^= 255
    file.write_bytes(raw)
    with pytest.raises(DataError, match=str(file)):
        idx.read_idx(file, 3)


def test_a_missing_file_is_named(root):
    (root / "t10k-labels-idx1-ubyte").unlink()
    assert str(root) in refused(r"has 3 of the 4 files of MNIST; missing: t10k-labels-idx1-ubyte \(or .gz\)")


def test_a_failed_download_is_a_sentence_and_leaves_nothing(tmp_path, root, monkeypatch):
    root.rename(tmp_path / "elsewhere")
    monkeypatch.setattr(MNIST, "files", broken(MNIST))
    message = refused(r"cannot be downloaded \(no route to host\).*a folder named mnist, and set GANZOO_DATA")
    assert str(tmp_path / "nowhere") in message
    assert not list((tmp_path / "cache" / "ganzoo").iterdir())


def test_a_download_is_kept_in_the_cache(root, monkeypatch):
    torchvision = pytest.importorskip("torchvision.datasets")
    monkeypatch.delenv("GANZOO_DATA")

    def download(target, download):
        (Path(target) / "FashionMNIST").mkdir()
        root.rename(Path(target) / "FashionMNIST" / "raw")

    monkeypatch.setattr(torchvision, "FashionMNIST", download)
    assert len(FashionMNIST().train.x) == 12
    monkeypatch.delattr(torchvision, "FashionMNIST")
    assert len(FashionMNIST().test.x) == 4


def test_stacked_channels_are_digits_of_the_same_split(tmp_path, monkeypatch):
    stand_ins.write("stacked-mnist", tmp_path, monkeypatch)
    single, data = MNIST(), StackedMNIST()
    assert data.train.x.shape == (40, 3, 28, 28)
    for whole, split in ((data.train, single.train), (data.test, single.test)):
        known = {x.numpy().tobytes(): int(y) for x, y in zip(split.x, split.y, strict=True)}
        for x, y in zip(whole.x, whole.y, strict=True):
            a, b, c = (known[channel.numpy().tobytes()] for channel in x)
            assert y == 100 * a + 10 * b + c


def left_out(make):
    """Runs on the original files alone, and says so where they are not."""
    try:
        paths = make.files.find()
    except DataError:
        paths = None
    reason = f"{make.files.title} left out: GANZOO_DATA does not point to a folder that holds {PLACES[make][0]}/"
    return pytest.mark.skipif(not paths, reason=reason)


@left_out(MNIST)
def test_the_original_mnist():
    data = MNIST()
    assert data.train.x.shape == (60_000, 1, 28, 28)
    assert data.test.x.shape == (10_000, 1, 28, 28)
    assert data.train.y[:5].tolist() == [5, 0, 4, 1, 9]
    assert torch.bincount(data.test.y).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert data.train.x.double().mean() / 255 == pytest.approx(0.1307, abs=1e-4)


@left_out(MNIST)
def test_the_judge_reads_stacked_originals():
    data = StackedMNIST()
    data.sizes = (1, 500)
    assert (data.modes(data.test.x) == data.test.y).float().mean() > 0.95


@left_out(FashionMNIST)
def test_the_original_fashion_mnist():
    data = FashionMNIST()
    assert data.train.x.shape == (60_000, 1, 28, 28)
    assert data.train.y[:5].tolist() == [9, 0, 0, 3, 0]
    assert torch.bincount(data.train.y).tolist() == [6_000] * 10
    assert torch.bincount(data.test.y).tolist() == [1_000] * 10
    assert data.train.x.double().mean() / 255 == pytest.approx(0.2860, abs=1e-4)
