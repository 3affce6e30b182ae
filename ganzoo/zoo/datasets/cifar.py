"""CIFAR, in the binary version that its authors publish.

They also publish it pickled, which is what torchvision reads; but unpickling executes what a file says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from ganzoo.interfaces.datasets import Split
from ganzoo.zoo.datasets.base import Images
from ganzoo.zoo.datasets.binary import archive, checked, records
from ganzoo.zoo.datasets.source import Source


class _CIFAR(Images):
    """Records of some labels, the last of which counts, and 3 x 32 x 32 bytes (Krizhevsky 2009)."""

    shape: tuple[int, ...] = (3, 32, 32)
    source: ClassVar[Source]
    parts: ClassVar[tuple[Mapping[str, int], Mapping[str, int]]]
    """Of train and test: files, and how many records are in each."""
    heads: ClassVar[int]
    """Labels of a record."""

    def load(self) -> tuple[Split, Split]:
        """50,000 and 10,000 photographs."""
        files = self.source()
        train, test = ([self._read(files[name], n) for name, n in part.items()] for part in self.parts)
        return _joined(train), _joined(test)

    def _read(self, path: Path, count: int) -> tuple[Tensor, Tensor]:
        raw = records(path, count, self.heads + 3 * 32 * 32)
        x = torch.from_numpy(np.array(raw[:, self.heads :])).reshape(-1, 3, 32, 32)
        return x, checked(path, raw[:, self.heads - 1], 0, self.labels)


def _joined(parts: list[tuple[Tensor, Tensor]]) -> Split:
    x, y = zip(*parts, strict=True)
    return Split(torch.cat(x), torch.cat(y))


@dataclass(eq=False)
class CIFAR10(_CIFAR):
    """60,000 photographs in 10 classes: 50,000 to train, 10,000 held out."""

    name = "cifar10"
    labels = 10
    heads = 1
    parts = ({f"data_batch_{i}.bin": 10_000 for i in range(1, 6)}, {"test_batch.bin": 10_000})
    source = Source(
        title="CIFAR-10 (its binary version)",
        files=(*parts[0], *parts[1]),
        places=("cifar10", "cifar-10-batches-bin"),
        fetch=archive("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530"),
    )


@dataclass(eq=False)
class CIFAR100(_CIFAR):
    """60,000 photographs in 100 classes: 50,000 to train, 10,000 held out. The 20 coarse labels are not used."""

    name = "cifar100"
    labels = 100
    heads = 2
    parts = ({"train.bin": 50_000}, {"test.bin": 10_000})
    source = Source(
        title="CIFAR-100 (its binary version)",
        files=("train.bin", "test.bin"),
        places=("cifar100", "cifar-100-binary"),
        fetch=archive("https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz", "03b5dce01913d631647c71ecec9e9cb8"),
    )
