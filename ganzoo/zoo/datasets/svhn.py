"""Street View House Numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch

from ganzoo.interfaces.datasets import Split
from ganzoo.zoo.datasets.data_files import DataFiles, damaged
from ganzoo.zoo.datasets.images import Images
from ganzoo.zoo.datasets.raw_records import check_labels

NAMES = {"train": "train_32x32.mat", "test": "test_32x32.mat"}


def _fetch(folder: str) -> None:
    from torchvision import datasets  # slow to import
    from torchvision.datasets.utils import download_url

    for split in NAMES:
        url, name, md5 = datasets.SVHN.split_list[split]
        download_url(url, Path(folder, "svhn"), name, md5)


@dataclass(eq=False)
class SVHN(Images):
    """99,289 cropped digits of house numbers (Netzer et al. 2011): 73,257 to train, 26,032 held out.

    The "extra" images are not used.
    """

    name = "svhn"
    shape = (3, 32, 32)
    labels = 10
    counts: ClassVar[Mapping[str, int]] = {"train": 73_257, "test": 26_032}
    files = DataFiles(title="SVHN (cropped digits)", names=tuple(NAMES.values()), folders=("svhn",), fetch=_fetch)

    def load(self) -> tuple[Split, Split]:
        """73,257 and 26,032 digits."""
        paths = self.files.paths()
        train, test = (_read(paths[name], self.counts[split]) for split, name in NAMES.items())
        return train, test


def _read(path: Path, count: int) -> Split:
    """A MATLAB file of X, uint8 (32, 32, 3, N), and y, (N, 1) from 1 to 10, where 10 is the digit 0."""
    from scipy.io import loadmat  # slow to import

    try:
        arrays = loadmat(path, variable_names=["X", "y"])
        x, y = np.asarray(arrays["X"]), np.asarray(arrays["y"]).ravel()
    except Exception as error:  # a damaged file raises anything: zlib.error, ValueError, TypeError, KeyError ...
        raise damaged(path, str(error) or type(error).__name__) from None
    if x.dtype != np.uint8 or x.shape != (32, 32, 3, count) or y.shape != (count,):
        raise damaged(path, f"X is {x.dtype} {x.shape} and y {y.shape}, but should be uint8 (32, 32, 3, {count})")
    images = torch.from_numpy(np.ascontiguousarray(x.transpose(3, 2, 0, 1)))
    return Split(images, check_labels(path, y, 1, 10) % 10)
