"""Faces of celebrities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import torch
from msgspec import Meta
from PIL import Image
from torch import Tensor

from ganzoo.interfaces.datasets import Split
from ganzoo.zoo.datasets.base import Images
from ganzoo.zoo.datasets.pictures import each, fit, tensor
from ganzoo.zoo.datasets.source import Source, damaged

PARTITION, FACES = "list_eval_partition.txt", "img_align_celeba"
SIZE, SQUARE = (178, 218), (0, 20, 178, 198)
"""Of every image, and the middle square in it."""


def _fetch(target: str) -> None:
    from torchvision.datasets import CelebA as Official  # only here: slow to import

    Official(target, download=True)  # from Google Drive, for which it needs the package gdown
    Path(target, "celeba", f"{FACES}.zip").unlink(missing_ok=True)


@dataclass(eq=False)
class CelebA(Images):
    """202,599 aligned faces of 178 x 218 (Liu et al. 2015), whose middle square of 178 becomes size x size.

    The official partition: 162,770 to train, 19,962 held out; the 19,867 for validation are not used. Decoding takes
    minutes, and memory for the train split 2 GB at size 64.
    """

    size: Annotated[int, Meta(ge=8, le=178)] = 64
    """Height and width."""

    name = "celeba"
    count: ClassVar[int] = 202_599
    source = Source(title="CelebA", files=(PARTITION, FACES), places=("celeba",), fetch=_fetch)

    def load(self) -> tuple[Split, Split]:
        """The official train and test split."""
        files = self.source()
        parts = self._partition(files[PARTITION])
        train, test = (Split(self._read([files[FACES] / name for name in parts[part]])) for part in "02")
        return train, test

    def _partition(self, path: Path) -> dict[str, list[str]]:
        """Names of the images by part: 0 train, 1 validation, 2 test."""
        parts: dict[str, list[str]] = {"0": [], "1": [], "2": []}
        try:
            for line in path.read_text().splitlines():
                name, part = line.split()
                parts[part].append(name)
        except (OSError, ValueError, KeyError):
            raise damaged(path, "its lines should each be the name of an image, and 0, 1 or 2") from None
        if (found := sum(map(len, parts.values()))) != self.count:
            raise damaged(path, f"it lists {found:,} images, but should {self.count:,}")
        return parts

    def _read(self, files: Sequence[Path]) -> Tensor:
        return torch.stack(each(files, self._face))

    def _face(self, path: Path) -> Tensor:
        with Image.open(path) as image:
            if image.size != SIZE:
                raise ValueError(f"it is {image.width} x {image.height}, not {SIZE[0]} x {SIZE[1]}")
            return tensor(fit(image.convert("RGB").crop(SQUARE), self.size))
