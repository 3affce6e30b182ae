"""A folder of your own images."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import torch
from msgspec import Meta
from torch import Tensor

from ganzoo.interfaces.datasets import Split
from ganzoo.support.errors import DataError
from ganzoo.support.files import expanded
from ganzoo.zoo.datasets.hold_out import hold_out
from ganzoo.zoo.datasets.image_files import (
    converted,
    image_tensor,
    list_images,
    open_image,
    read_each,
    read_headers,
    refuse_files,
    resized,
    size_text,
    upright,
)
from ganzoo.zoo.datasets.images import Images
from ganzoo.zoo.datasets.levels import check_levels

GREY, COLOUR = {"1", "L", "LA"}, {"RGB", "RGBA", "RGBX", "P", "PA", "CMYK", "YCbCr"}
"""Pillow's modes."""


@dataclass(eq=False)
class Folder(Images):
    """All images in a folder and the folders below it, sorted by path; a fixed draw of one in ten is held out.

    At least 2 images are held out. FID needs at least 500 images in the folder. Links are followed; names that start
    with a dot are skipped. Raises a `DataError` that names the file if any image cannot be used: a folder is never used
    in part. Warns of files whose names do not end as those of images do, and of further pages and frames.
    """

    path: Path
    """The folder."""
    size: Annotated[int, Meta(ge=8)] | None = None
    """Height and width to which images are resized; without it, all must be square and have the same size."""
    crop: bool = True
    """Images that are not square: resize the central square (true), or squeeze the whole image (false)."""
    xflip: bool = False
    """Train on the mirror image of each image too."""
    channels: Literal["auto", "grey", "rgb"] = "auto"
    """What images are converted to; `auto` keeps what they are, if all are grey or all in colour."""

    name = "folder"

    def load(self) -> tuple[Split, Split]:
        """Images as (C, size, size)."""
        images = check_levels(self.path, torch.stack([*self.images_by_name().values()]))
        train, test = hold_out(Split(images), self.name)
        return Split(torch.cat([train.x, train.x.flip(3)])) if self.xflip else train, test

    def images_by_name(self) -> dict[str, Tensor]:
        """Every image, uint8 (C, size, size), by its path below the folder. Raises `DataError`, as above."""
        files, root = self._list(), expanded(self.path)
        mode = self._mode(files)
        images = read_each(files, lambda file: self._read(file, mode))
        return {file.relative_to(root).as_posix(): image for file, image in zip(files, images, strict=True)}

    def _list(self) -> list[Path]:
        root = expanded(self.path)
        if not os.path.isdir(root):
            why = "not a folder" if os.path.exists(root) else "no such folder"
            file = f", or write npz:{self.path}" if root.suffix == ".npz" else ""
            raise DataError(f"{root}: {why}; give a folder that holds images{file}")
        if len(files := list_images(root)) < 4:
            raise DataError(
                f"{root}: {len(files)} image(s), but at least 4 are needed; images are files such as .png, .jpg or "
                ".webp, in this folder or those below it"
            )
        return files

    def _mode(self, files: list[Path]) -> str:
        """Pillow's mode to which all images are converted. Checks all headers before any pixel is read."""
        headers = read_headers(files)
        modes = {file: header.mode for file, header in headers.items()}
        advice = "convert it to 8-bit grey or colour, for example to PNG"
        unusual = {file: mode for file, mode in modes.items() if mode not in GREY | COLOUR}
        refuse_files({file: f"has the mode {mode}; {advice}" for file, mode in unusual.items()})
        if self.size is None:
            _check_sizes({file: header.size for file, header in headers.items()})
        grey, colour = ([f for f, mode in modes.items() if mode in group] for group in (GREY, COLOUR))
        if self.channels == "auto" and grey and colour:
            few, difference = (grey, "grey, but most images are in colour")
            if len(colour) < len(grey):
                few, difference = (colour, "in colour, but most images are grey")
            refuse_files(dict.fromkeys(few, f"is {difference}; write channels=grey or channels=rgb"))
        return "L" if self.channels == "grey" or (self.channels == "auto" and grey) else "RGB"

    def _read(self, file: Path, mode: str) -> Tensor:
        with open_image(file) as image:
            plain = converted(upright(image), mode)
        return image_tensor(plain if self.size is None else resized(plain, self.size, self.crop))


def _check_sizes(sizes: Mapping[Path, tuple[int, int]]) -> None:
    """Raises `DataError` unless all images have one size, and are square."""
    (usual, _), *_ = Counter(sizes.values()).most_common(1)
    advice = "write size=N to resize all images to N x N"
    expected = f"but most images are {size_text(usual)}; {advice}"
    refuse_files({f: f"is {size_text(size)}, {expected}" for f, size in sizes.items() if size != usual})
    if usual[0] != usual[1] or usual[0] < 8:
        first = next(iter(sizes))
        raise DataError(f"{first}: is {size_text(usual)}, but must be square and at least 8 x 8; {advice}")
