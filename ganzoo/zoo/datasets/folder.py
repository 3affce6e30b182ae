"""A folder of one's own images."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import torch
from msgspec import Meta
from PIL import Image, ImageOps
from torch import Tensor

from ganzoo.interfaces.datasets import Split
from ganzoo.support.errors import DataError
from ganzoo.zoo.datasets.base import Images
from ganzoo.zoo.datasets.heldout import hold_out
from ganzoo.zoo.datasets.pictures import SUFFIXES, each, fit, refuse, tensor

GREY, COLOUR, DEEP = {"1", "L", "LA"}, {"RGB", "RGBA", "RGBX", "P", "PA", "CMYK", "YCbCr"}, {"I;16", "I", "F"}


@dataclass(eq=False)
class Folder(Images):
    """All images below a folder, in the order of their paths; one in ten (at least 2) is held out, by a fixed draw.

    Names that start with a dot, and files whose suffix is not that of an image, are passed over. Raises a `DataError`
    that names the file for anything that cannot be used as asked: never a part of the folder only. Fewer than 500
    images hold out too few for an FID.
    """

    path: Path
    """The folder; those below it are looked through too."""
    size: Annotated[int, Meta(ge=8)] | None = None
    """Height and width that images are brought to; without it they must all have one size, and be square."""
    crop: bool = True
    """Cut the middle square out of images that are not square, before resizing; False: squeeze them."""
    xflip: bool = False
    """Train also on each image's mirror image."""
    channels: Literal["auto", "grey", "rgb"] = "auto"
    """What images are converted to; auto: what they are, if all are the same."""

    name = "folder"

    def load(self) -> tuple[Split, Split]:
        """All images, each as (C, size, size)."""
        files = self._files
        channels = self._channels(files)
        images = torch.stack(each(files, lambda file: self._read(file, channels)))
        train, test = (images[rows] for rows in hold_out(len(images), self.name))
        return Split(torch.cat([train, train.flip(3)]) if self.xflip else train), Split(test)

    @cached_property
    def _files(self) -> list[Path]:
        root = Path(self.path).expanduser()
        if not root.is_dir():
            raise DataError(f"{root}: {'not a folder' if root.exists() else 'no such folder'}; write folder:PATH")
        inside = (p for p in root.rglob("*") if not any(part.startswith(".") for part in p.relative_to(root).parts))
        files = sorted(p for p in inside if p.suffix.lower() in SUFFIXES and p.is_file())
        if len(files) < 4:
            raise DataError(
                f"{root}: {len(files)} image(s), but at least 4 are needed; files ending in "
                f"{', '.join(sorted(SUFFIXES))} are looked for, also in the folders below"
            )
        return files

    def _channels(self, files: list[Path]) -> str:
        """Pillow's mode for all; the heads of all files are read before any image is."""
        heads = dict(zip(files, each(files, _head), strict=True))
        modes = {file: mode for file, (mode, _) in heads.items()}
        refuse((f for f in files if modes[f] not in GREY | COLOUR), lambda f: _unknown(modes[f]))
        if self.size is None:
            self._check_sizes({file: size for file, (_, size) in heads.items()})
        grey = [f for f in files if modes[f] in GREY]
        if self.channels == "auto" and 0 < len(grey) < len(files):
            odd = min((grey, [f for f in files if modes[f] not in GREY]), key=len)
            kind, other = ("grey", "in colour") if odd is grey else ("in colour", "grey")
            refuse(odd, lambda f: f"is {kind}, but the others are {other}; write channels=grey or channels=rgb")
        return "L" if self.channels == "grey" or (self.channels == "auto" and grey) else "RGB"

    def _check_sizes(self, sizes: dict[Path, tuple[int, int]]) -> None:
        (usual, _), *_ = Counter(sizes.values()).most_common(1)
        ask = "write size=N to bring all images to N x N"
        refuse(
            (f for f, size in sizes.items() if size != usual),
            lambda f: f"is {_by(sizes[f])}, but most images are {_by(usual)}; {ask}",
        )
        if usual[0] != usual[1] or usual[0] < 8:
            raise DataError(f"{next(iter(sizes))}: is {_by(usual)}, but must be square and at least 8 x 8; {ask}")

    def _read(self, file: Path, mode: str) -> Tensor:
        with Image.open(file) as opened:
            image = _flat(ImageOps.exif_transpose(opened), mode)
        return tensor(image if self.size is None else fit(image, self.size, self.crop))


def _flat(image: Image.Image, mode: str) -> Image.Image:
    """In `mode`; what is transparent becomes white."""
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert(mode)


def _head(file: Path) -> tuple[str, tuple[int, int]]:
    """Mode and (width, height) as they will be seen, without reading the pixels."""
    with Image.open(file) as image:
        turned = image.getexif().get(0x0112, 1) >= 5  # EXIF orientations 5 to 8 swap the sides
        return image.mode, image.size[::-1] if turned else image.size


def _unknown(mode: str) -> str:
    what = "has more than 8 bits a channel" if mode in DEEP or mode.startswith("I;16") else f"has the mode {mode}"
    return f"{what}; convert it to 8-bit grey or colour, for example to PNG"


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"
