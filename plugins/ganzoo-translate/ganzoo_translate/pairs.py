"""Two folders: images to translate, and what they are to look like."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import torch
from msgspec import Meta

import ganzoo

Side = Annotated[int, Meta(ge=8)]
MOST = 1_000
"""Held-out images whose translations an evaluation compares, three of each."""


@dataclass(eq=False)
class Pairs(ganzoo.Images):
    """Images of the folder `given` are translated to images like those of the folder `to`; one in ten is held out.

    Images with the same path below both folders are pairs; their suffixes may differ. With `unpaired=yes`, training
    does not know which belong together: each batch draws from both folders independently. If all images have partners,
    held-out ones stay pairs, so that translations can be compared with them; otherwise both folders hold out one in
    ten. Transparent images are put on white. Folders are read as those of `folder` are, all or nothing.
    """

    given: Path
    """The folder of images to translate."""
    to: Path
    """The folder of what they are to look like."""
    size: Side | None = None
    """Height and width to which all images are resized; without it, those of a folder must be square and alike."""
    given_size: Side | None = None
    """The same for images to translate alone, if they are to be smaller."""
    unpaired: bool = False
    """Train without knowing which images belong together."""
    crop: bool = True
    """Images that are not square: resize the central square (true), or squeeze the whole image (false)."""
    xflip: bool = False
    """Train on the mirror images too; partners are mirrored together, as Isola et al. 2017 do."""
    channels: Literal["auto", "grey", "rgb"] = "auto"
    """What images of both folders are converted to; `auto` keeps what a folder has."""

    @property
    def metrics(self):
        """The distance to held-out partners too, where there are any."""
        return ("answer", "fid") if self.test.paired else ("fid",)

    @property
    def primary(self):
        """The mean absolute error, or without pairs FID."""
        return "mae" if self.test.paired else "fid"

    @property
    def n_eval(self):
        """Three translations of each held-out image, of at most 1,000."""
        return 3 * min(len(self.test.given), MOST)

    def load(self):
        """Train and test split. Raises `DataError` with the faults of both folders."""
        given, x = self.read_both()
        alone = [name for name in given if name not in x] + [name for name in x if name not in given]
        if alone and not self.unpaired:
            raise ganzoo.DataError(
                f"{alone[0]} (and {len(alone) - 1} more) of {len(given)} images in {self.given} and {len(x)} in "
                f"{self.to} has no partner in the other folder; give partners the same name, or write unpaired=yes"
            )
        if not alone:
            pairs = ganzoo.Split(stack(x), given=torch.stack([given[name] for name in x]))
            train, test = ganzoo.hold_out(pairs, "pairs")
            return self.mirrored(train)._replace(paired=not self.unpaired), test
        split = zip(
            ganzoo.hold_out(ganzoo.Split(stack(x)), "pairs"),
            ganzoo.hold_out(ganzoo.Split(stack(given)), "pairs, given"),
            strict=True,
        )
        train, test = (ganzoo.Split(of_x.x, given=of_given.x, paired=False) for of_x, of_given in split)
        return self.mirrored(train), test

    def mirrored(self, split):
        """With the mirror images, where these are asked for."""
        if not self.xflip:
            return split
        x, given = (torch.cat([images, images.flip(3)]) for images in (split.x, split.given))
        return split._replace(x=x, given=given)

    def read_both(self):
        """Images of both folders by name."""
        found, faults = [], []
        for path, size in ((self.given, self.given_size or self.size), (self.to, self.size)):
            folder = ganzoo.Folder(path, size=size, crop=self.crop, channels=self.channels)
            try:
                found.append(by_stem(folder.images_by_name(), path))
            except ganzoo.DataError as error:
                faults.append(str(error))
        if faults:
            raise ganzoo.DataError("\n".join(faults))
        return found


def by_stem(images: Mapping[str, torch.Tensor], path):
    """Images by their paths without suffixes. Raises `DataError` where two have the same."""
    named = {}
    for name, image in images.items():
        stem = str(Path(name).with_suffix(""))
        if stem in named:
            raise ganzoo.DataError(f"{path}: two images are named {stem}, so no partner can be told; rename one")
        named[stem] = image
    return named


def stack(images):
    """All images, (N, C, H, W)."""
    return torch.stack([*images.values()])
