"""Small files in the layout of the real ones, for data sets that are read from files."""

import gzip

import numpy as np
from PIL import Image
from scipy.io import savemat

from ganzoo.zoo.datasets import idx
from ganzoo.zoo.datasets.celeba import FACES, PARTITION, CelebA
from ganzoo.zoo.datasets.cifar import CIFAR10, CIFAR100
from ganzoo.zoo.datasets.mnist import StackedMNIST
from ganzoo.zoo.datasets.stl10 import LABELLED, STL10, UNLABELLED
from ganzoo.zoo.datasets.svhn import SVHN

RNG = np.random.default_rng(0)


def noise(*shape):
    return RNG.integers(0, 256, shape, dtype=np.uint8)


def idx_bytes(*shape, fill=None):
    """A file in the IDX format; its bytes count 0, 1 ... 9, 0 ... unless `fill` says otherwise."""
    n = int(np.prod(shape))
    return idx_head(*shape) + bytes(i % 10 if fill is None else fill for i in range(n))


def idx_head(*shape):
    return bytes([0, 0, 8, len(shape)]) + b"".join(size.to_bytes(4, "big") for size in shape)


def idx_files(folder):
    """The four files of MNIST and the like, of 12 and 4 images of noise; images gzipped, labels not."""
    folder.mkdir(parents=True, exist_ok=True)
    for (images, labels), n in ((idx.TRAIN, 12), (idx.TEST, 4)):
        (folder / f"{images}.gz").write_bytes(gzip.compress(idx_head(n, 28, 28) + noise(n, 28, 28).tobytes()))
        (folder / labels).write_bytes(idx_bytes(n))
    return folder


def stacked(root, patch):
    patch.setattr(StackedMNIST, "sizes", (40, 20))
    idx_files(root / "mnist")


def cifar(kind, folder):
    """Five records in each file of the binary version: labels, then three planes."""

    def write(root, patch):
        patch.setattr(kind, "parts", tuple(dict.fromkeys(part, 5) for part in kind.parts))
        (root / folder).mkdir(parents=True)
        for name in (*kind.parts[0], *kind.parts[1]):
            record = noise(5, kind.n_labels + 3072)
            record[:, : kind.n_labels] = np.arange(5)[:, None] + np.arange(kind.n_labels)
            (root / folder / name).write_bytes(record.tobytes())

    return write


def svhn(root, patch):
    """MATLAB files of (32, 32, 3, N) and labels 1 to 10."""
    patch.setattr(SVHN, "counts", {"train": 12, "test": 10})
    (root / "svhn").mkdir(parents=True)
    for split, n in SVHN.counts.items():
        y = np.arange(1, n + 1, dtype=np.uint8).clip(max=10)[:, None]
        savemat(root / "svhn" / f"{split}_32x32.mat", {"X": noise(32, 32, 3, n), "y": y}, do_compression=True)


def stl10(root, patch):
    """Planes of 96 x 96, column after column, and labels 1 to 10."""
    patch.setattr(STL10, "counts", {UNLABELLED: 30, "train_X.bin": 10, "test_X.bin": 20})
    (root / "stl10_binary").mkdir(parents=True)
    for name, n in STL10.counts.items():
        (root / "stl10_binary" / name).write_bytes(noise(n, 3 * 96 * 96).tobytes())
    for images, labels in LABELLED:
        y = np.arange(STL10.counts[images], dtype=np.uint8) % 10 + 1
        (root / "stl10_binary" / labels).write_bytes(y.tobytes())


def celeba(root, patch):
    """Aligned JPEGs of 178 x 218, and the list of their parts."""
    patch.setattr(CelebA, "count", 10)
    (root / "celeba" / FACES).mkdir(parents=True)
    for i in range(10):
        Image.fromarray(noise(218, 178, 3)).save(root / "celeba" / FACES / f"{i + 1:06}.jpg")
    lines = [f"{i + 1:06}.jpg {part}\n" for i, part in enumerate([0] * 5 + [1] * 2 + [2] * 3)]
    (root / "celeba" / PARTITION).write_text("".join(lines))


def folder(root, patch):
    for i in range(20):
        Image.fromarray(noise(16, 16, 3)).save(root / f"{i}.png")
    return {"path": root}


def npz(root, patch):
    np.savez(root / "images.npz", noise(20, 16, 16, 3), y=np.arange(20) % 3)
    return {"path": root / "images.npz"}


WRITERS = {
    "mnist": lambda root, patch: idx_files(root / "mnist"),
    "fashion-mnist": lambda root, patch: idx_files(root / "fashion-mnist"),
    "kmnist": lambda root, patch: idx_files(root / "kmnist"),
    "stacked-mnist": stacked,
    "cifar10": cifar(CIFAR10, "cifar-10-batches-bin"),
    "cifar100": cifar(CIFAR100, "cifar-100-binary"),
    "svhn": svhn,
    "stl10": stl10,
    "celeba": celeba,
    "folder": folder,
    "npz": npz,
}
"""The sets that need files, by name: each writes them below a root, and may return options."""


def write(name, root, patch):
    """What the data set needs, for as long as `patch` lasts: nothing else is found. Returns its options."""
    patch.setenv("GANZOO_DATA", str(root))
    patch.setenv("XDG_CACHE_HOME", str(root / "cache"))
    options = WRITERS[name](root, patch) if name in WRITERS else None
    return options if isinstance(options, dict) else {}
