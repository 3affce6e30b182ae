"""The base class of images."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from ganzoo.interfaces.datasets import Extractor
from ganzoo.zoo.datasets import image_files
from ganzoo.zoo.datasets.base import Data
from ganzoo.zoo.judges.randconv import RandConv

if TYPE_CHECKING:
    from PIL.Image import Image


class Images(Data):
    """Images, uint8 (N, C, H, W), which networks see as [-1, 1]. H and W are at least 8.

    Metrics compare features of random convolutions, unless a subclass gives another `extractor`. Your own data set
    gives `load`. Its fields are its options; attributes that it overrides have no annotation:

        @dataclass(eq=False)
        class Leaves(ganzoo.Images):
            season: Literal["spring", "autumn"] = "autumn"
            labels = 3

            def load(self):
                train, test = read_leaves(self.season)  # uint8 (N, 1, 32, 32), and (N,) int64 from 0 to 2
                return ganzoo.Split(*train), ganzoo.Split(*test)

    `eq=False`, because data sets with equal options need not have equal data.
    """

    kind: ClassVar[str] = "image"
    metrics: Sequence[str] = ("fid",)
    primary: str = "fid"
    suffixes: Sequence[str] = (".png", ".jpg", ".webp", ".bmp")
    resplits: int = 0
    """Where train and test are one random split of the data: the number of splits that FID's floor averages over."""

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """(C, H, W) of one image."""
        return tuple(self.train.x.shape[1:])

    @cached_property
    def extractor(self) -> Extractor:
        """The frozen network whose features are compared."""
        return RandConv(self.shape)

    def encode(self, x: Tensor) -> Tensor:
        """uint8 -> [-1, 1], float32."""
        return x.float().div(127.5).sub(1)

    def decode(self, x: Tensor) -> Tensor:
        """[-1, 1] -> uint8, rounded; values outside are clamped."""
        return x.float().add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)

    def encode_given(self, given: Tensor) -> Tensor:
        """Images, uint8, -> [-1, 1]; other numbers stay as they are. float32."""
        return Images.encode(self, given) if given.dtype == torch.uint8 else given.float()

    def picture(self, samples: Tensor, given: Tensor | None = None) -> Image | None:
        """A grid of images, each beside the image that it was made of, if there is one; a row for each walk."""
        from ganzoo.plots.picture import image_grid

        if samples.dim() == 5:
            return image_grid(samples.flatten(0, 1), samples.shape[1])
        if given is not None and given.dtype == torch.uint8 and given.dim() == 4:
            samples = torch.cat([_alike(given, samples), samples], 3)
        return image_grid(samples)

    def write(self, samples: Tensor, path: Path) -> None:
        """One image, uint8 (1, C, H, W), of 1 or 3 channels, pixel for pixel; .jpg loses some."""
        image_files.write_image(samples, path)

    def read(self, path: Path) -> Tensor:
        """One image, grey or RGB, as uint8 (1, C, H, W)."""
        return image_files.read_image(path)


def _alike(given: Tensor, samples: Tensor) -> Tensor:
    """Images (N, C, H, W) with the channels and the size of samples: surplus channels left out, grey ones repeated."""
    channels, size = samples.shape[1], samples.shape[2:]
    shown = given[:, :channels] if given.shape[1] >= channels else given[:, :1].expand(-1, channels, -1, -1)
    return torch.nn.functional.interpolate(shown.float(), size).to(samples.dtype)
