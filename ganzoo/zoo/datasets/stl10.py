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
from ganzoo.zoo.datasets.data_files import DataFiles
from ganzoo.zoo.datasets.hold_out import hold_out
from ganzoo.zoo.datasets.images import Images
from ganzoo.zoo.datasets.raw_records import check_labels, fetch_archive, map_records

SIDE, CHUNK = 96, 1_000
UNLABELLED = "unlabeled_X.bin"
LABELLED = (("train_X.bin", "train_y.bin"), ("test_X.bin", "test_y.bin"))


def _fetch(folder: str) -> None:
    from torchvision.datasets import STL10 as Official  # slow to import

    fetch_archive(Official.url, Official.tgz_md5, folder)


@dataclass(eq=False)
class STL10(Images):
    """113,000 photographs (Coates et al. 2011), of which the 100,000 unlabelled ones are used; one in ten is held out.

    With `labelled`, the 5,000 train and 8,000 test images of ten classes are used instead. Images are downsized by
    averaging blocks of pixels; SNGAN used 48x48 (Miyato et al. 2018, arXiv:1802.05957).
    """

    size: Literal[32, 48, 96] = 48
    """Height and width."""
    labelled: bool = False
    """Use the small part of the data that has labels."""

    name = "stl10"
    counts: ClassVar[Mapping[str, int]] = {UNLABELLED: 100_000, "train_X.bin": 5_000, "test_X.bin": 8_000}
    files = DataFiles(
        title="STL-10 (binary version)",
        names=(UNLABELLED, *LABELLED[0], *LABELLED[1]),
        folders=("stl10", "stl10_binary"),
        fetch=_fetch,
    )

    @cached_property
    def labels(self) -> int:  # type: ignore[override]
        """10, or 0 for the unlabelled part."""
        return 10 if self.labelled else 0

    def load(self) -> tuple[Split, Split]:
        """90,000 and 10,000 photographs, or 5,000 and 8,000 with labels."""
        paths = self.files.paths()
        if not self.labelled:
            return hold_out(Split(self._images(paths[UNLABELLED])), self.name)
        train, test = (self._labelled(paths[images], paths[labels]) for images, labels in LABELLED)
        return train, test

    def _labelled(self, images: Path, labels: Path) -> Split:
        x = self._images(images)
        return Split(x, check_labels(labels, map_records(labels, len(x), 1), 1, 10) - 1)

    def _images(self, path: Path) -> Tensor:
        """Each image is stored as three planes in column-major order."""
        records = map_records(path, self.counts[path.name], 3 * SIDE * SIDE).reshape(-1, 3, SIDE, SIDE)
        chunks = (np.array(records[i : i + CHUNK]) for i in range(0, len(records), CHUNK))
        return torch.cat([self._downsized(torch.from_numpy(chunk).transpose(2, 3)) for chunk in chunks])

    def _downsized(self, x: Tensor) -> Tensor:
        factor = SIDE // self.size
        return F.avg_pool2d(x.float(), factor).round().to(torch.uint8) if factor > 1 else x.contiguous()
