"""STL-10."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ganzoo.interfaces.datasets import Split
from ganzoo.zoo.datasets.base import Images
from ganzoo.zoo.datasets.binary import archive, checked, records
from ganzoo.zoo.datasets.heldout import hold_out
from ganzoo.zoo.datasets.source import Source

SIDE, CHUNK = 96, 1_000
UNLABELLED = "unlabeled_X.bin"
LABELLED = (("train_X.bin", "train_y.bin"), ("test_X.bin", "test_y.bin"))


def _fetch(target: str) -> None:
    from torchvision.datasets import STL10 as Official  # only here: slow to import

    archive(Official.url, Official.tgz_md5)(target)


@dataclass(eq=False)
class STL10(Images):
    """113,000 photographs (Coates et al. 2011): the 100,000 without labels, of which one in ten is held out.

    With `labelled`, the 5,000 and 8,000 of ten classes instead. Made smaller by the mean of whole pixels; 48 is what
    SNGAN used (Miyato et al. 2018, arXiv:1802.05957).
    """

    size: Literal[32, 48, 96] = 48
    """Height and width."""
    labelled: bool = False
    """Take the small part that has labels."""

    name = "stl10"
    counts: ClassVar[Mapping[str, int]] = {UNLABELLED: 100_000, "train_X.bin": 5_000, "test_X.bin": 8_000}
    source = Source(
        title="STL-10 (its binary version)",
        files=(UNLABELLED, *LABELLED[0], *LABELLED[1]),
        places=("stl10", "stl10_binary"),
        fetch=_fetch,
    )

    @cached_property
    def labels(self) -> int:  # type: ignore[override]
        """10, or 0 for the part without."""
        return 10 if self.labelled else 0

    def load(self) -> tuple[Split, Split]:
        """90,000 and 10,000 photographs, or 5,000 and 8,000 with labels."""
        files = self.source()
        if self.labelled:
            train, test = (self._labelled(files[images], files[labels]) for images, labels in LABELLED)
            return train, test
        x = self._images(files[UNLABELLED])
        rest, held = hold_out(len(x), self.name)
        return Split(x[rest]), Split(x[held])

    def _labelled(self, images: Path, labels: Path) -> Split:
        x = self._images(images)
        return Split(x, checked(labels, records(labels, len(x), 1), 1, 10) - 1)

    def _images(self, path: Path) -> Tensor:
        """Three planes an image, each column after column."""
        raw = records(path, self.counts[path.name], 3 * SIDE * SIDE).reshape(-1, 3, SIDE, SIDE)
        parts = (np.array(raw[i : i + CHUNK]) for i in range(0, len(raw), CHUNK))
        return torch.cat([self._smaller(torch.from_numpy(part).transpose(2, 3)) for part in parts])

    def _smaller(self, x: Tensor) -> Tensor:
        by = SIDE // self.size
        return F.avg_pool2d(x.float(), by).round().to(torch.uint8) if by > 1 else x.contiguous()
