"""CIFAR, from the binary version that its authors publish.

torchvision reads the pickled version instead, but unpickling executes code from the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from ganzoo.interfaces.datasets import Split
from ganzoo.zoo.datasets.data_files import DataFiles
from ganzoo.zoo.datasets.images import Images
from ganzoo.zoo.datasets.raw_records import check_labels, fetch_archive, map_records


class _CIFAR(Images):
    """Records of one or two labels, of which the last is used, and 3 x 32 x 32 bytes (Krizhevsky 2009)."""

    shape: tuple[int, ...] = (3, 32, 32)
    files: ClassVar[DataFiles]
    parts: ClassVar[tuple[Mapping[str, int], Mapping[str, int]]]
    """The files of train and test, and the number of records in each."""
    n_labels: ClassVar[int]
    """Labels of a record."""

    def load(self) -> tuple[Split, Split]:
        """50,000 and 10,000 photographs."""
        paths = self.files.paths()
        train, test = ([self._read(paths[name], n) for name, n in part.items()] for part in self.parts)
        return _concatenated(train), _concatenated(test)

    def _read(self, path: Path, count: int) -> tuple[Tensor, Tensor]:
        records = map_records(path, count, self.n_labels + 3 * 32 * 32)
        x = torch.from_numpy(np.array(records[:, self.n_labels :])).reshape(-1, 3, 32, 32)
        return x, check_labels(path, records[:, self.n_labels - 1], 0, self.labels)


def _concatenated(parts: list[tuple[Tensor, Tensor]]) -> Split:
    x, y = zip(*parts, strict=True)
    return Split(torch.cat(x), torch.cat(y))


@dataclass(eq=False)
class CIFAR10(_CIFAR):
    """60,000 photographs in 10 classes: 50,000 to train, 10,000 held out."""

    name = "cifar10"
    labels = 10
    n_labels = 1
    parts = ({f"data_batch_{i}.bin": 10_000 for i in range(1, 6)}, {"test_batch.bin": 10_000})
    files = DataFiles(
        title="CIFAR-10 (binary version)",
        names=(*parts[0], *parts[1]),
        folders=("cifar10", "cifar-10-batches-bin"),
        fetch=partial(
            fetch_archive, "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530"
        ),
    )


@dataclass(eq=False)
class CIFAR100(_CIFAR):
    """60,000 photographs in 100 classes: 50,000 to train, 10,000 held out. The 20 coarse labels are not used."""

    name = "cifar100"
    labels = 100
    n_labels = 2
    parts = ({"train.bin": 50_000}, {"test.bin": 10_000})
    files = DataFiles(
        title="CIFAR-100 (binary version)",
        names=("train.bin", "test.bin"),
        folders=("cifar100", "cifar-100-binary"),
        fetch=partial(
            fetch_archive,
            "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
            "03b5dce01913d631647c71ecec9e9cb8",
        ),
    )
