"""MNIST, read from its four original files."""

from __future__ import annotations

import gzip
import os
import zlib
from dataclasses import dataclass
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from ganzoo.data import DataError, Split
from ganzoo.datasets.base import Images

FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
PLACES = (Path(), Path("mnist"), Path("MNIST/raw"))
"""Where the files may be below a root; the last is torchvision's habit."""


def read_idx(path: Path, ndim: int) -> Tensor:
    """A file of unsigned bytes in the IDX format, gzipped or not -> uint8 with `ndim` dimensions.

    The format: two zero bytes, 8 for unsigned bytes, the number of dimensions, each size in 4 big-endian bytes, data.
    Raises `DataError` when the file is not that.
    """
    raw = _bytes(path)
    if raw[:4] != bytes([0, 0, 8, ndim]):
        raise _damaged(path, f"it starts with {raw[:4].hex(' ') or 'nothing'}, but should with 00 00 08 0{ndim}")
    start = 4 + 4 * ndim
    shape = [int.from_bytes(raw[i : i + 4], "big") for i in range(4, start, 4)]
    if len(raw) - start != prod(shape) or not prod(shape):
        raise _damaged(path, f"its head promises {prod(shape)} bytes, but {max(len(raw) - start, 0)} follow")
    return torch.frombuffer(bytearray(raw[start:]), dtype=torch.uint8).reshape(shape)


def _bytes(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
        return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(path, str(error)) from None


def _damaged(path: Path, why: str) -> DataError:
    return DataError(f"{path}: cannot be read: {why}; replace it with the original file")


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ganzoo"


def _roots() -> list[Path]:
    named = os.environ.get("GANZOO_DATA", "").split(os.pathsep)
    return [*(Path(root).expanduser() for root in named if root), _cache(), Path("/usr/share/datasets")]


def _find() -> dict[str, Path] | None:
    """The first folder that has any of the files: path of each, by name without ".gz".

    Raises `DataError` when it has some and not all: half a data set is never completed from elsewhere.
    """
    names = [name for pair in FILES.values() for name in pair]
    for folder in (root / place for root in _roots() for place in PLACES):
        found = {n: p for n in names for p in (folder / f"{n}.gz", folder / n) if p.is_file()}
        if missing := [n for n in names if n not in found]:
            if found:
                raise DataError(
                    f"{folder}: has {len(found)} of MNIST's 4 files; missing: {', '.join(missing)} (or .gz)"
                )
            continue
        return found
    return None


def _download() -> dict[str, Path]:
    from torchvision.datasets import MNIST as Download  # only here: slow to import

    root = _cache()
    try:
        root.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=root) as unfinished:  # moved when whole, so that an interruption leaves nothing
            Download(unfinished, download=True)
            os.replace(Path(unfinished, "MNIST"), root / "MNIST")
    except (OSError, RuntimeError) as error:
        looked = ", ".join(map(str, _roots()))
        raise DataError(
            f"MNIST is not in {looked}, and cannot be downloaded ({error}). Put its four files, such as "
            f"{FILES['train'][0]}.gz, into a folder and set GANZOO_DATA to it"
        ) from None
    if (found := _find()) is None:
        raise DataError(f"{root}: MNIST was downloaded, but its four files are not there; set GANZOO_DATA to them")
    return found


@dataclass(eq=False)
class MNIST(Images):
    """70,000 digits (LeCun et al. 1998): 60,000 to train, 10,000 held out.

    Looked for in the roots of GANZOO_DATA, the user's cache and /usr/share/datasets; else downloaded to the cache.
    """

    name = "mnist"
    shape = (1, 28, 28)
    labels = 10
    n_eval = 30_000

    def load(self) -> tuple[Split, Split]:
        """60,000 and 10,000 digits, from the first place that has the files."""
        files = _find() or _download()
        train, test = (_split(files[images], files[labels]) for images, labels in FILES.values())
        return train, test


def _split(images: Path, labels: Path) -> Split:
    x, y = read_idx(images, 3), read_idx(labels, 1)
    if x.shape[1:] != (28, 28):
        raise _damaged(images, f"its images are {x.shape[1]} x {x.shape[2]}, but should be 28 x 28")
    if len(x) != len(y):
        raise _damaged(labels, f"it has {len(y)} labels for the {len(x)} images of {images.name}")
    if (top := int(y.max())) > 9:
        raise _damaged(labels, f"it has a label {top}, but digits end at 9")
    return Split(x[:, None], y.long())
