"""Super-resolution, inpainting, colourisation and restoration of any data set of images."""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

import torch
from msgspec import Meta

import ganzoo
from ganzoo_translate import damage

MOST = 1_000
"""Held-out images of which an evaluation makes three each."""
HOW = Literal["x2", "x4", "hole", "mask", "grey", "blur", "noise"]


@dataclass(eq=False)
class Degrade(ganzoo.Images):
    """G is given a degraded image of a data set, and makes the image.

    Where chance decides, as in `mask` and `noise`, each batch draws anew; held-out images are degraded once, with a
    fixed seed. A data set with options is written with %2C for commas: degrade:folder:faces%2Csize%3D64,how=x4.
    """

    of: str = "digits"
    """The data set, as it is written after @."""
    how: HOW = "hole"
    """x2, x4: smaller by this factor, by bicubic interpolation, as super-resolution is usually measured; hole: a square
    is missing; mask: free-form strokes are missing; grey: no colours; blur, noise: Gaussian. Missing pixels are grey,
    and one channel more is white where they are."""
    hole: Annotated[float, Meta(gt=0, lt=1)] = 0.25
    """The share of the image that a hole takes: a quarter in Pathak et al. 2016."""
    moving: bool = False
    """A hole: anywhere, each time elsewhere, or as in Pathak et al. always in the centre."""
    strokes: Annotated[int, Meta(ge=1)] = 4
    """Of a mask: each a line with up to 8 bends, as thick as a 26th to an 11th of the image, after Yu et al. 2019."""
    blur: Annotated[float, Meta(gt=0)] = 1.6
    """Standard deviation of a blur in pixels: 1.6 in Dong et al. 2013 and in Zhang et al. 2018."""
    noise: Annotated[float, Meta(gt=0)] = 25.0
    """Standard deviation of noise in levels of 0 to 255: 25 in Zhang et al. 2017, beside 15 and 50."""
    primary = "mae"

    @cached_property
    def whole(self):
        """The data set. Raises `DataError` for other data than images, and where it is given something already."""
        data = ganzoo.dataset(self.of)
        if data.kind != "image":
            raise ganzoo.DataError(f"degrade:{self.of}: is of the kind {data.kind}, but must hold images")
        if data.train.given is not None:
            raise ganzoo.DataError(f"degrade:{self.of}: gives something with its images already; name other data")
        return data

    labels = cached_property(lambda self: self.whole.labels)
    n_modes = cached_property(lambda self: self.whole.n_modes)
    prior = cached_property(lambda self: self.whole.prior)
    extractor = cached_property(lambda self: self.whole.extractor)
    metrics = cached_property(lambda self: ("answer", *self.whole.metrics))
    n_eval = cached_property(lambda self: 3 * min(len(self.whole.test.x), MOST))

    def modes(self, x):
        """Those of the data set."""
        return self.whole.modes(x)

    def load(self):
        """Both splits of the data set, degraded with a fixed seed."""
        splits = {"train": self.whole.train, "test": self.whole.test}
        return {
            name: split._replace(given=self.degraded(split.x, torch.Generator().manual_seed(seed)))
            for seed, (name, split) in enumerate(splits.items())
        }

    @property
    def choose(self):
        """Where chance decides: random rows, degraded anew."""
        return self.draw if self.how in ("mask", "noise") or (self.how == "hole" and self.moving) else None

    def draw(self, n, random):
        """n rows of the train split, and what is given with them."""
        rows = torch.randint(len(self.train.x), (n,), generator=random)
        return rows, self.degraded(self.train.x[rows], random)

    def degraded(self, x, random):
        """uint8 (N, C, H, W) -> what is given, uint8. Raises `DataError` for images that this cannot be done to."""
        how = {
            "x2": lambda: damage.smaller(x, 2),
            "x4": lambda: damage.smaller(x, 4),
            "hole": lambda: damage.without(x, damage.square(x, self.hole, random if self.moving else None)),
            "mask": lambda: damage.without(x, damage.strokes(x, self.strokes, random)),
            "grey": lambda: damage.grey(x),
            "blur": lambda: damage.blurred(x, self.blur),
            "noise": lambda: damage.noisy(x, self.noise, random),
        }[self.how]
        try:
            return how()
        except ValueError as error:
            raise ganzoo.DataError(f"degrade:{self.of},how={self.how}: {error}") from None
