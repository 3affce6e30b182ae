"""CIFAR, SVHN, STL-10 and CelebA, on small files in their real layout."""

import gzip
import hashlib
import io
import os
import shutil
import tarfile
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import numpy as np
import pytest
import torch
from helpers import stand_ins
from PIL import Image
from scipy.io import savemat

from ganzoo.support.errors import DataError
from ganzoo.support.files import cache_dir
from ganzoo.zoo.datasets import data_files
from ganzoo.zoo.datasets.celeba import CelebA
from ganzoo.zoo.datasets.cifar import CIFAR10, CIFAR100
from ganzoo.zoo.datasets.raw_records import fetch_archive
from ganzoo.zoo.datasets.stl10 import STL10
from ganzoo.zoo.datasets.svhn import SVHN

SETS = {"cifar10": CIFAR10, "cifar100": CIFAR100, "svhn": SVHN, "stl10": STL10, "celeba": CelebA}


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Writes the files of a set, and returns the folder that they are in; nothing else is found."""
    monkeypatch.setattr(data_files, "SYSTEM", tmp_path / "usr")

    def write(name):
        stand_ins.write(name, tmp_path / "data", monkeypatch)
        (folder,) = [path for path in (tmp_path / "data").iterdir() if path.is_dir()]
        return folder

    (tmp_path / "data").mkdir()
    return write


def refused(match, data):
    with pytest.raises(DataError, match=match) as error:
        data.train  # noqa: B018
    return str(error.value)


@pytest.mark.parametrize(("make", "folder"), [(CIFAR10, "cifar10"), (CIFAR100, "cifar100")])
def test_cifar_is_planes_after_the_last_label(files, make, folder):
    where, data = files(folder), make()
    first = next(iter(make.parts[0]))
    raw = np.frombuffer((where / first).read_bytes(), np.uint8).reshape(5, -1)
    assert data.train.x.shape == (5 * len(make.parts[0]), 3, 32, 32)
    assert data.train.x[1, 2, 3, 4] == raw[1, make.n_labels + 2 * 1024 + 3 * 32 + 4]
    assert data.train.y[:5].tolist() == [i + make.n_labels - 1 for i in range(5)]
    assert data.train.y.dtype == torch.int64
    assert len(data.test.x) == len(data.test.y) == 5


def test_svhn_counts_from_one_and_ten_is_zero(files):
    where, data = files("svhn"), SVHN()
    assert data.train.y.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0]
    assert data.test.x.shape == (10, 3, 32, 32)
    x = np.zeros((32, 32, 3, 10), np.uint8)
    x[3, 4, 2, 1] = 200
    savemat(where / "test_32x32.mat", {"X": x, "y": np.ones((10, 1), np.uint8)})
    assert SVHN().test.x.nonzero().tolist() == [[1, 2, 3, 4]]


def test_stl10_is_stored_column_after_column(files):
    where, data = files("stl10"), STL10(size=96, labelled=True)
    raw = np.frombuffer((where / "train_X.bin").read_bytes(), np.uint8).reshape(10, 3, 96, 96)
    assert data.train.x[1, 2, 3, 4] == raw[1, 2, 4, 3]
    assert data.train.y.tolist() == list(range(10))
    assert (len(data.test.x), data.labels) == (20, 10)


def test_stl10_without_labels_holds_one_in_ten_out(files):
    files("stl10")
    data = STL10(size=96)
    assert (len(data.train.x), len(data.test.x), data.train.y, data.labels) == (27, 3, None, 0)
    assert len({x.numpy().tobytes() for split in (data.train, data.test) for x in split.x}) == 30


def test_stl10_becomes_smaller_by_means_of_pixels(files):
    files("stl10")
    large, small = STL10(size=96).train.x, STL10().train.x
    assert small.shape == (27, 3, 48, 48)
    block = large[0, 0, :2, :2].double().mean()
    assert abs(small[0, 0, 0, 0] - block) <= 0.5
    assert STL10(size=32).shape == (3, 32, 32)


def test_celeba_is_the_middle_square_in_the_official_parts(files):
    where = files("celeba")
    for i, shade in ((1, 50), (8, 200)):
        x = np.zeros((218, 178, 3), np.uint8)
        x[16:200] = shade  # whole blocks of a JPEG, of which rows 20 to 197 are the middle square
        Image.fromarray(x).save(where / "img_align_celeba" / f"{i:06}.jpg", quality=95)
    data = CelebA(size=32)
    assert (data.train.x.shape, data.test.x.shape) == ((5, 3, 32, 32), (3, 3, 32, 32))
    assert (data.train.x[0].int() - 50).abs().max() <= 3
    assert (data.test.x[0].int() - 200).abs().max() <= 3
    assert CelebA().shape == (3, 64, 64)


def small_jpeg():
    raw = io.BytesIO()
    Image.new("RGB", (64, 64)).save(raw, "JPEG")
    return raw.getvalue()


@pytest.mark.parametrize(
    ("name", "file", "change", "message"),
    [
        ("cifar10", "data_batch_3.bin", lambda raw: raw[:-3073], "has 12,292 bytes, but should have 5 x 3,073"),
        ("cifar10", "test_batch.bin", lambda raw: raw + b"x", "has 15,366 bytes"),
        ("cifar10", "test_batch.bin", lambda raw: b"\x0b" + raw[1:], "from 1 to 11, but they should be from 0 to 9"),
        ("cifar100", "train.bin", lambda raw: b"", "has 0 bytes, but should have 5 x 3,074"),
        ("cifar100", "train.bin", lambda raw: b"\0\x64" + raw[2:], "has labels from 2 to 100"),
        ("svhn", "train_32x32.mat", lambda raw: raw[: len(raw) // 2], "cannot be read"),
        ("svhn", "train_32x32.mat", lambda raw: b"", "cannot be read"),
        ("svhn", "train_32x32.mat", lambda raw: b"<html>" * 100, "cannot be read"),
        ("svhn", "test_32x32.mat", lambda raw: raw[:3000] + b"\0" * 1000 + raw[4000:], "cannot be read"),
        ("stl10", "unlabeled_X.bin", lambda raw: raw[:-1], "has 829,439 bytes, but should have 30 x 27,648"),
        ("celeba", "list_eval_partition.txt", lambda raw: raw[:-13], "lists 9 images, but should list 10"),
        ("celeba", "list_eval_partition.txt", lambda raw: raw.replace(b" 2", b" 3"), "0, 1 or 2"),
        ("celeba", "list_eval_partition.txt", lambda raw: b"\xff\xfe\0", "0, 1 or 2"),
        ("celeba", "img_align_celeba/000003.jpg", lambda raw: small_jpeg(), r"is 64 x 64, not 178 x 218"),
        ("celeba", "img_align_celeba/000003.jpg", lambda raw: raw[: len(raw) // 2], "damaged, or not an image"),
    ],
)
def test_a_damaged_file_is_named(files, name, file, change, message):
    path = files(name) / file
    path.write_bytes(change(path.read_bytes()))
    assert str(path) in refused(message, SETS[name]())


@pytest.mark.parametrize(("name", "message"), [("train_y.bin", "has 0 bytes"), ("test_y.bin", "labels from 0 to 9")])
def test_damaged_labels_of_stl10_are_named(files, name, message):
    path = files("stl10") / name
    path.write_bytes(b"" if name == "train_y.bin" else (np.arange(20, dtype=np.uint8) % 10).tobytes())
    assert str(path) in refused(message, STL10(labelled=True))


def test_arrays_of_svhn_must_be_what_they_should(files):
    path = files("svhn") / "train_32x32.mat"
    for x, y, message in (
        (np.zeros((32, 32, 3, 11), np.uint8), np.ones(11), r"X is uint8 \(32, 32, 3, 11\)"),
        (np.zeros((32, 32, 3, 12)), np.ones(12), "X is float64"),
        (np.zeros((32, 32, 3, 12), np.uint8), np.zeros(12), "labels from 0"),
    ):
        savemat(path, {"X": x, "y": y})
        assert str(path) in refused(message, SVHN())


@pytest.mark.parametrize(
    ("name", "file"),
    [("cifar10", "data_batch_5.bin"), ("cifar100", "test.bin"), ("svhn", "test_32x32.mat"), ("stl10", "train_y.bin")],
)
def test_half_a_set_is_refused(files, name, file):
    folder = files(name)
    (folder / file).unlink()
    message = refused(f"missing: {file}; add the missing", SETS[name]())
    assert str(folder) in message


def test_a_missing_face_is_named(files):
    path = files("celeba") / "img_align_celeba" / "000009.jpg"
    path.unlink()
    assert str(path) in refused("No such file", CelebA())


@pytest.mark.parametrize("name", SETS)
def test_without_files_and_network_there_is_a_sentence(files, name, monkeypatch):
    utils = pytest.importorskip("torchvision.datasets.utils")
    shutil.rmtree(files(name))

    def fail(*args, **options):
        raise OSError("no route to host")

    for function in ("download_url", "download_and_extract_archive"):
        monkeypatch.setattr(utils, function, fail)
    monkeypatch.setattr("torchvision.datasets.CelebA", fail)
    message = refused(r"cannot be downloaded \(no route to host\)\. Put its files", SETS[name]())
    assert all(file in message for file in SETS[name].files.names)


@pytest.fixture
def served(tmp_path, monkeypatch):
    """A web server on this machine that offers the folder `server`: the URL of a file in it."""
    monkeypatch.setenv("no_proxy", "*")
    (tmp_path / "server").mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path / "server")) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield lambda path: f"http://127.0.0.1:{server.server_port}/{path.name}"
        server.shutdown()
        thread.join()


def md5(path):
    return hashlib.md5(path.read_bytes()).hexdigest()


def tarball(folder):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        tar.add(folder, folder.name)
    return gzip.compress(raw.getvalue(), mtime=0)


@pytest.fixture
def offered(files, served, tmp_path, monkeypatch):
    """CIFAR-10 in no root, but as an archive on a server, said to have that md5 or its own."""
    folder, packed = files("cifar10"), tmp_path / "server" / "cifar-10-binary.tar.gz"
    packed.write_bytes(tarball(folder))
    shutil.rmtree(folder)

    def offer(digest=None):
        fetch = partial(fetch_archive, served(packed), digest or md5(packed))
        monkeypatch.setattr(CIFAR10, "files", replace(CIFAR10.files, fetch=fetch))
        return packed

    return offer


def test_an_archive_is_downloaded_checked_unpacked_and_kept(offered):
    packed = offered()
    assert len(CIFAR10().train.x) == 25
    packed.unlink()
    assert len(CIFAR10().test.x) == 5
    assert [path.name for path in cache_dir().iterdir()] == ["cifar-10-batches-bin"]


def test_an_archive_with_another_md5_is_refused_and_leaves_nothing(offered):
    offered("0" * 32)
    refused(r"cannot be downloaded \(File not found or corrupted", CIFAR10())
    assert not os.listdir(cache_dir())


def test_svhn_is_downloaded_with_its_md5(files, served, tmp_path, monkeypatch):
    official = pytest.importorskip("torchvision.datasets").SVHN
    for path in files("svhn").iterdir():
        path.rename(tmp_path / "server" / path.name)
    paths = {split: tmp_path / "server" / f"{split}_32x32.mat" for split in ("train", "test")}
    parts = {split: [served(path), path.name, md5(path)] for split, path in paths.items()}
    (tmp_path / "data" / "svhn").rmdir()
    monkeypatch.setattr(official, "split_list", parts)
    assert len(SVHN().train.x) == 12
    shutil.rmtree(cache_dir() / "svhn")
    monkeypatch.setattr(official, "split_list", {**parts, "test": [*parts["test"][:2], "0" * 32]})
    refused("corrupted", SVHN())
    assert not os.listdir(cache_dir())


def test_celeba_is_downloaded_without_keeping_its_archive(files, tmp_path, monkeypatch):
    folder = files("celeba").rename(tmp_path / "server")

    def download(target, download):
        folder.rename(os.path.join(target, "celeba"))
        with open(os.path.join(target, "celeba", "img_align_celeba.zip"), "wb"):
            pass

    monkeypatch.setattr("torchvision.datasets.CelebA", download)
    assert len(CelebA(size=8).train.x) == 5
    assert sorted(os.listdir(cache_dir() / "celeba")) == ["img_align_celeba", "list_eval_partition.txt"]


def test_whatever_a_download_raises_becomes_a_sentence(files, monkeypatch):
    def fail(target):
        raise tarfile.ReadError

    shutil.rmtree(files("cifar10"))
    monkeypatch.setattr(CIFAR10, "files", replace(CIFAR10.files, fetch=fail))
    refused(r"cannot be downloaded \(ReadError\)", CIFAR10())
