"""Faces of celebrities."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import torch
from msgspec import Meta
from PIL import Image
from torch import Tensor

from ganzoo.interfaces.datasets import Split
from ganzoo.support.errors import DataError
from ganzoo.zoo.datasets.data_files import DataFiles, damaged
from ganzoo.zoo.datasets.image_files import image_tensor, read_each, resized, size_text
from ganzoo.zoo.datasets.images import Images

PARTITION, FACES = "list_eval_partition.txt", "img_align_celeba"
SIZE, SQUARE = (178, 218), (0, 20, 178, 198)
"""Size of each image, and the box of its central square."""


def _fetch(folder: str) -> None:
    from torchvision.datasets import CelebA as Official  # slow to import

    Official(folder, download=True)  # from Google Drive, which needs the package gdown
    Path(folder, "celeba", f"{FACES}.zip").unlink(missing_ok=True)


@dataclass(eq=False)
class CelebA(Images):
    """202,599 aligned faces of 178x218 (Liu et al. 2015), of which the central square is resized to size x size.

    The official partition: 162,770 to train, 19,962 held out; the 19,867 for validation are not used. Decoding takes
    minutes, and the train split takes 2 GB of memory at size 64.
    """

    size: Annotated[int, Meta(ge=8, le=178)] = 64
    """Height and width."""

    name = "celeba"
    count: ClassVar[int] = 202_599
    files = DataFiles(title="CelebA", names=(PARTITION, FACES), folders=("celeba",), fetch=_fetch)

    def load(self) -> tuple[Split, Split]:
        """The official train and test split."""
        paths = self.files.paths()
        parts = self._partition(paths[PARTITION])
        faces = ([paths[FACES] / name for name in parts[part]] for part in "02")
        train, test = (Split(torch.stack(read_each(files, self._face))) for files in faces)
        return train, test

    def _partition(self, path: Path) -> dict[str, list[str]]:
        """File names by part: 0 train, 1 validation, 2 test."""
        parts: dict[str, list[str]] = {"0": [], "1": [], "2": []}
        try:
            for line in path.read_text().splitlines():
                name, part = line.split()
                parts[part].append(name)
        except (OSError, ValueError, KeyError):
            raise damaged(path, "each line should be the name of an image, and 0, 1 or 2") from None
        if (count := sum(map(len, parts.values()))) != self.count:
            raise damaged(path, f"it lists {count:,} images, but should list {self.count:,}")
        return parts

    def _face(self, path: Path) -> Tensor:
        with Image.open(path) as image:
            if image.size != SIZE:
                raise DataError(f"is {size_text(image.size)}, not {size_text(SIZE)}; replace it with the original")
            return image_tensor(resized(image.convert("RGB").crop(SQUARE), self.size))
