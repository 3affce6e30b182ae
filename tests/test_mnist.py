import gzip
import os
from pathlib import Path

import pytest
import torch

from ganzoo.data import DataError
from ganzoo.datasets import mnist
from ganzoo.datasets.mnist import MNIST, read_idx

NAMES = [name for pair in mnist.FILES.values() for name in pair]
REAL = [
    Path(root) / place for root in os.environ.get("GANZOO_DATA", "").split(os.pathsep) if root for place in mnist.PLACES
]


def idx(*shape, fill=None):
    """A file in the IDX format, as bytes."""
    head = bytes([0, 0, 8, len(shape)]) + b"".join(size.to_bytes(4, "big") for size in shape)
    n = torch.tensor(shape).prod().item()
    return head + bytes(i % 10 if fill is None else fill for i in range(n))


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A data root with MNIST's four files, of 12 and 4 images; nothing else is found, and nothing is downloaded."""
    folder = tmp_path / "data" / "mnist"
    folder.mkdir(parents=True)
    for images, labels, n in zip(NAMES[::2], NAMES[1::2], (12, 4), strict=True):
        (folder / f"{images}.gz").write_bytes(gzip.compress(idx(n, 28, 28)))
        (folder / labels).write_bytes(idx(n))
    monkeypatch.setenv("GANZOO_DATA", os.pathsep.join([str(tmp_path / "nowhere"), str(tmp_path / "data")]))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


def test_gzipped_and_plain_files_are_read(root):
    data = MNIST()
    assert data.train.x.shape == (12, 1, 28, 28)
    assert data.train.x[0, 0, 0].tolist() == [i % 10 for i in range(28)]
    assert data.test.y.tolist() == [0, 1, 2, 3]
    assert data.test.y.dtype == torch.int64


@pytest.mark.parametrize("place", ["", "MNIST/raw"])
def test_files_may_lie_in_the_root_or_where_torchvision_puts_them(root, place):
    other = root.parent / place
    other.mkdir(parents=True, exist_ok=True)
    for file in list(root.iterdir()):
        file.rename(other / file.name)
    assert len(MNIST().train.x) == 12


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("train-labels-idx1-ubyte", b"", "starts with nothing"),
        ("train-labels-idx1-ubyte", b"<html>", "starts with 3c 68 74 6d"),
        ("train-labels-idx1-ubyte", idx(12, 1), "should with 00 00 08 01"),
        ("train-labels-idx1-ubyte", idx(12)[:9], "promises 12 bytes, but 1 follow"),
        ("train-labels-idx1-ubyte", idx(12)[:6], "0 follow"),
        ("train-labels-idx1-ubyte", idx(12) + b"x", "promises 12 bytes, but 13 follow"),
        ("train-labels-idx1-ubyte", idx(0), "promises 0 bytes"),
        ("train-labels-idx1-ubyte", idx(11), "has 11 labels for the 12 images of train-images-idx3-ubyte.gz"),
        ("t10k-labels-idx1-ubyte", idx(4, fill=10), "has a label 10"),
        ("t10k-images-idx3-ubyte.gz", gzip.compress(idx(4, 28, 28))[:-30], "end-of-stream"),
        ("t10k-images-idx3-ubyte.gz", b"\x1f\x8b" + b"x" * 40, "compression"),
        ("t10k-images-idx3-ubyte.gz", gzip.compress(idx(4, 28, 27)), "images are 28 x 27"),
    ],
)
def test_a_damaged_file_is_named(root, name, content, message):
    (root / name).write_bytes(content)
    with pytest.raises(DataError, match=message) as error:
        MNIST().train  # noqa: B018
    assert str(root / name) in str(error.value)


def test_damage_inside_a_gzip_is_found(root):
    file = root / "t10k-images-idx3-ubyte.gz"
    raw = bytearray(gzip.compress(os.urandom(5000)))
    raw[2000] ^= 255
    file.write_bytes(raw)
    with pytest.raises(DataError, match=str(file)):
        read_idx(file, 3)


def test_a_missing_file_is_named(root):
    (root / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="has 3 of MNIST's 4 files; missing: t10k-labels-idx1-ubyte") as error:
        MNIST().train  # noqa: B018
    assert str(root) in str(error.value)


def test_a_failed_download_is_a_sentence_and_leaves_nothing(tmp_path, monkeypatch):
    torchvision = pytest.importorskip("torchvision.datasets")

    def fail(root, download):
        (Path(root) / "MNIST").mkdir()
        raise OSError("no route to host")

    monkeypatch.setattr(torchvision, "MNIST", fail)
    monkeypatch.setattr(mnist, "_roots", lambda: [tmp_path / "cache" / "ganzoo"])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(DataError, match=r"cannot be downloaded \(no route to host\).*set GANZOO_DATA"):
        MNIST().train  # noqa: B018
    assert not list((tmp_path / "cache" / "ganzoo").iterdir())


def test_a_download_is_kept_in_the_cache(root, tmp_path, monkeypatch):
    torchvision = pytest.importorskip("torchvision.datasets")
    monkeypatch.delenv("GANZOO_DATA")
    monkeypatch.setattr(mnist, "_roots", lambda: [tmp_path / "cache" / "ganzoo"])

    def download(target, download):
        (Path(target) / "MNIST").mkdir()
        root.rename(Path(target) / "MNIST" / "raw")

    monkeypatch.setattr(torchvision, "MNIST", download)
    assert len(MNIST().train.x) == 12
    monkeypatch.delattr(torchvision, "MNIST")
    assert len(MNIST().test.x) == 4


@pytest.mark.skipif(
    not any((folder / f"{NAMES[0]}.gz").is_file() or (folder / NAMES[0]).is_file() for folder in REAL),
    reason="MNIST left out: GANZOO_DATA does not point to its four files",
)
def test_the_original_files():
    data = MNIST()
    assert data.train.x.shape == (60_000, 1, 28, 28)
    assert data.test.x.shape == (10_000, 1, 28, 28)
    assert data.train.y[:5].tolist() == [5, 0, 4, 1, 9]
    assert torch.bincount(data.test.y).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert data.train.x.double().mean() / 255 == pytest.approx(0.1307, abs=1e-4)
