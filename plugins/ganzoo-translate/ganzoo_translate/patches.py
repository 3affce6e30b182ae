"""PatchGAN: a D that judges patches (Isola et al. 2017, section 3.2.2)."""

import torch
from torch import nn
from torch.nn.functional import interpolate

import ganzoo
from ganzoo_translate.normalisation import normalisation

KERNEL, SLOPE, WIDEST = 4, 0.2, 8
LEAST = 16
"""Pixels of the smallest patch that `auto` takes: one halving."""


def receptive_field(halvings):
    """Pixels a side that one score depends on: 1 without a halving, else 16, 34, 70, 142, 286 ..."""
    if not halvings:
        return 1
    pixels = 1
    for stride in (1, 1, *[2] * halvings):  # from the score to the image
        pixels = (pixels - 1) * stride + KERNEL
    return pixels


def chosen_halvings(option, spec):
    """The option, or for `auto` the most of 1 to 3 whose patch fits; noted in `spec.chosen`."""
    if option != "auto":
        return option
    largest = max(LEAST, *spec.shape[1:])
    halvings = max(n for n in (1, 2, 3) if receptive_field(n) <= largest)
    spec.chosen["patch"] = f"{receptive_field(halvings)} pixels"
    return halvings


def refuse_labels(spec, name):
    """Raises `Incompatible` for a network that should take labels."""
    if spec.classes:
        raise ganzoo.Incompatible(f"{name} takes no labels; leave out the part that gives them to it, or use resnet")


class PatchGAN(nn.Module):
    """C64-C128-C256-C512 and a convolution to one channel, all 4x4 (Isola et al. 2017, appendix 6.1.2).

    Ck is a convolution of k channels, normalisation (not in the first) and a leaky ReLU; all but the last Ck halve the
    image. Without halvings, convolutions are 1x1 (PixelGAN). It takes images of any size from 3 times 2 to the power
    of the halvings. What is given is resized to the size of the image and joined to its channels. Features are means
    over positions, and other outputs than the score are linear in them.
    """

    def __init__(self, spec, width, halvings, norm):
        super().__init__()
        refuse_labels(spec, "a D of patches")
        if len(spec.shape) != 3:
            raise ganzoo.Incompatible("a D of patches judges images; use data of images, or the architecture mlp")
        if spec.needs - {"encoder"}:
            raise ganzoo.Incompatible(
                f"a D of patches has no {', '.join(sorted(spec.needs))}; leave out the part that asks for it"
            )
        halvings = chosen_halvings(halvings, spec)
        least = 3 * 2**halvings if halvings else 1
        if min(spec.shape[1:]) < least:
            raise ganzoo.Incompatible(
                f"D's {halvings} halvings need images of at least {least} pixels a side, and these have "
                f"{min(spec.shape[1:])}; write patch={max(0, halvings - 1)}, or use larger images"
            )
        kernel, padding = (KERNEL, 1) if halvings else (1, 0)
        widths = [width * min(2**i, WIDEST) for i in range(halvings + 1)]
        if not halvings:
            widths = [width, 2 * width]
        channels = spec.shape[0] + (spec.given[0] if spec.given else 0)
        layers = []
        for i, outputs in enumerate(widths):
            stride = 2 if i < halvings else 1
            layers += [nn.Conv2d(channels, outputs, kernel, stride, padding)]
            layers += [*([normalisation(norm, outputs)] if i else []), nn.LeakyReLU(SLOPE)]
            channels = outputs
        self.trunk = nn.Sequential(*layers)
        self.tail = nn.Sequential(*(layer() for layer in spec.tail))
        with torch.no_grad():  # a layer of the tail may add channels, as minibatch statistics do
            probe = self.tail(torch.zeros(4, channels, 4, 4))
        if probe.dim() != 4:
            raise ganzoo.Incompatible(
                "a D of patches keeps a map of features to its end, and a layer that a part adds there makes it flat; "
                "leave that part out, or use the architecture resnet"
            )
        self.score = nn.Conv2d(probe.shape[1], 1, kernel, 1, padding)
        self.heads = nn.ModuleDict({name: nn.Linear(probe.shape[1], n) for name, n in spec.heads.items()})

    def forward(self, x, y=None, given=None):
        """(N, C, H, W), what is given (N, C', ...) -> {"score": (N, h, w), "features": (N, F), **heads}."""
        if given is not None:
            x = torch.cat([x, interpolate(given.to(x.dtype), x.shape[2:])], 1)
        maps = self.tail(self.trunk(x))
        features = maps.mean((2, 3))
        heads = {name: head(features) for name, head in self.heads.items()}
        return {"score": self.score(maps).squeeze(1), "features": features, **heads}
