"""What the translators share: their options, what they refuse, and the generator's call."""

from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from msgspec import Meta
from torch import nn

import ganzoo
from ganzoo_translate.patches import PatchGAN, refuse_labels

Count = Annotated[int, Meta(ge=1)]


@dataclass
class Translator:
    """An architecture: a G of what the data gives, and a D of patches."""

    width: Count = 64
    """Channels of G at full size."""
    d_width: Count = 64
    """Channels of D after its first layer; they double with each halving, up to 8 times."""
    patch: Annotated[int, Meta(ge=0, le=5)] | Literal["auto"] = "auto"
    """Halvings in D: a score sees 1, 16, 34, 70, 142 or 286 pixels a side for 0 to 5. auto: the most of 1, 2 and 3
    whose patch fits into the image."""
    norm: Literal["instance", "layer", "none"] = "instance"
    """Normalisation of both networks: over the positions of each channel, or over all values of a sample, or none."""
    keep: bool = False
    """Of images with holes, whose last channel says where they are: all other pixels stay as they were given."""
    residual: bool = False
    """What the network makes is added to what is given, and cut to the range of images, instead of a tanh. So training
    starts close to copying; for images that stay similar."""

    def discriminator(self, spec):
        """Images (N, C, H, W) -> a map of scores, features, heads."""
        return PatchGAN(spec, self.d_width, self.patch, self.norm)

    def check(self, spec, name, factor=1):
        """Let G take what is given. Raises `Incompatible` for what translators cannot do."""
        refuse_labels(spec, name)
        if len(spec.shape) != 3 or spec.source is None or len(spec.source) != 3:
            raise ganzoo.Incompatible(
                f"{name} makes images of images, and this data gives none with its samples; "
                "use data that does, such as @pairs:FOLDER,to=FOLDER or @degrade:mnist,how=x2"
            )
        if spec.needs - {"encoder"}:
            needs = ", ".join(sorted(spec.needs - {"encoder"}))
            raise ganzoo.Incompatible(f"{name} has no {needs}; leave out the part that asks for it")
        if self.keep and (spec.source[0] != spec.shape[0] + 1 or spec.source[1:] != spec.shape[1:]):
            raise ganzoo.Incompatible(
                f"{name}:keep=yes is for images with holes, with one channel more that says where they are; here "
                f"{size(spec.source)} is given for {size(spec.shape)}; leave it out, or use @degrade:...,how=hole"
            )
        if self.residual and spec.source != spec.shape:
            raise ganzoo.Incompatible(
                f"{name}:residual=yes adds to what is given, which must have the form of what is made; here "
                f"{size(spec.source)} is given for {size(spec.shape)}; leave it out, or use data of one form"
            )
        sides, steps = spec.source[1:], f"a multiple of {factor}"
        if any(side % factor for side in sides):
            raise ganzoo.Incompatible(
                f"{name} halves images until they are {factor} times smaller, so each side must be {steps}, but "
                f"{size(spec.source)} is given; resize the images, or choose an option of fewer halvings"
            )
        spec.given = spec.source


def same_size(spec, name):
    """Raises `Incompatible` where an image is to become larger or smaller."""
    if spec.source[1:] != spec.shape[1:]:
        raise ganzoo.Incompatible(
            f"{name} makes images of the size that is given, but here {size(spec.source)} is given for "
            f"{size(spec.shape)}; use rrdb to enlarge them, or data of one size"
        )


def size(shape):
    """A shape as "3x32x32"."""
    return "x".join(map(str, shape))


class TranslatingG(nn.Module):
    """G(z, y, given). Labels are ignored, which are always None."""

    def __init__(self, keep, multiple, residual=False):
        super().__init__()
        self.keep, self.residual = keep, residual
        self.multiple = multiple  # ganzoo sample gives it images of any size, padded to multiples of this

    def forward(self, z, y=None, given=None):
        """(N, latent), given (N, C', H, W) -> (N, C, H, W) in [-1, 1]."""
        if given is None:
            raise ValueError("this network makes images of images; call it with those as its third argument")
        x = self.translate(z, given)
        x = (given + x).clamp(-1, 1) if self.residual else x.tanh()
        return torch.where(given[:, -1:] > 0, x, given[:, :-1]) if self.keep else x

    def translate(self, z, given):
        """What becomes the image under a tanh, or is added to what is given."""
        raise NotImplementedError
