"""House numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch

from ganzoo.interfaces.datasets import Split
from ganzoo.zoo.datasets.base import Images
from ganzoo.zoo.datasets.source import Source, damaged

FILES = {"train": "train_32x32.mat", "test": "test_32x32.mat"}


def _fetch(target: str) -> None:
    from torchvision.datasets import SVHN as Official  # only here: slow to import
    from torchvision.datasets.utils import download_url

    for split in FILES:
        url, name, md5 = Official.split_list[split]
        download_url(url, Path(target, "svhn"), name, md5)


@dataclass(eq=False)
class SVHN(Images):
    """99,289 cropped digits of house numbers (Netzer et al. 2011): 73,257 to train, 26,032 held out.

    The "extra" images are not used.
    """

    name = "svhn"
    shape = (3, 32, 32)
    labels = 10
    counts: ClassVar[Mapping[str, int]] = {"train": 73_257, "test": 26_032}
    source = Source(title="SVHN (cropped digits)", files=tuple(FILES.values()), places=("svhn",), fetch=_fetch)

    def load(self) -> tuple[Split, Split]:
        """73,257 and 26,032 digits."""
        files = self.source()
        train, test = (_read(files[name], self.counts[split]) for split, name in FILES.items())
        return train, test


def _read(path: Path, count: int) -> Split:
    """A MATLAB file of X, uint8 (32, 32, 3, N), and y, (N, 1) from 1 to 10, which stands for 0."""
    from scipy.io import loadmat  # slow to import

    try:
        found = loadmat(path, variable_names=["X", "y"])
        x, y = np.asarray(found["X"]), np.asarray(found["y"]).ravel()
    except Exception as error:  # damage shows as anything: zlib.error, ValueError, TypeError, KeyError ...
        raise damaged(path, str(error) or type(error).__name__) from None
    if x.dtype != np.uint8 or x.shape != (32, 32, 3, count) or y.shape != (count,):
        raise damaged(path, f"X is {x.dtype} {x.shape} and y {y.shape}, but should be uint8 (32, 32, 3, {count})")
    if y.min() < 1 or y.max() > 10:
        raise damaged(path, f"it has labels from {y.min()} to {y.max()}, but should from 1 to 10")
    images = torch.from_numpy(np.ascontiguousarray(x.transpose(3, 2, 0, 1)))
    return Split(images, torch.from_numpy(y.astype(np.int64)) % 10)
