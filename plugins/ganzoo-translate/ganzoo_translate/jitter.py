"""Random shifts and mirror images of the training data."""

from dataclasses import dataclass
from typing import Annotated

import torch
from msgspec import Meta

import ganzoo


@dataclass(kw_only=True)
class Jitter(ganzoo.Regularizer):
    """Real images are shifted and mirrored at random, and what is given with them alike (Isola et al. 2017, app. 6.2).

    There the images are enlarged and cut to their size again. Here they keep their pixels and are shifted, because
    small images would blur; where nothing is known, the border is repeated. Both players see it in each of their moves,
    each image in its own way. Unlike `diffaugment`, it changes what G learns to make: shifted images, too.
    """

    shift: Annotated[int, Meta(ge=0)] = 2
    """The most pixels that images are shifted by, either way; 0 for none. As a share of a side 1/17 in the paper."""
    mirror: bool = True
    """Mirror half of the images."""
    order = -10  # before whatever looks at the images
    capturable = True

    def prepare(self, g, d):
        """Refuse what has no neighbours."""
        if len(g.shape) != 3:
            raise ganzoo.Incompatible("it moves images, and this data has none; leave it out")
        if g.source is not None and (len(g.source) != 3 or g.source[1:] != g.shape[1:]):
            raise ganzoo.Incompatible(
                "it moves images together with what is given, and here that has another size; leave it out"
            )

    def turn(self, t):
        """Move the player's own images; a game beside it is made of these."""
        if t.by is not None:
            return
        where = self.drawn(t.real)
        real = moved(t.real.detach(), *where)
        t.real = real.requires_grad_() if t.player == "d" else real
        if t.given is not None:
            t.given = moved(t.given, *where)

    def drawn(self, x):
        """(N,) each: whether to mirror, and the shift down and to the right."""
        n, device = len(x), x.device
        is_mirrored = torch.rand(n, device=device) < (0.5 if self.mirror else 0.0)
        down, right = torch.randint(-self.shift, self.shift + 1, (2, n), device=device)
        return is_mirrored, down, right


def moved(x, is_mirrored, down, right):
    """Images (N, C, H, W), mirrored where this is true, and then shifted by whole pixels; the border is repeated."""
    x = torch.where(is_mirrored[:, None, None, None], x.flip(3), x)
    for dim, shift in ((2, down), (3, right)):
        places = (torch.arange(x.shape[dim], device=x.device) - shift[:, None]).clamp(0, x.shape[dim] - 1)
        places = places[:, None, :, None] if dim == 2 else places[:, None, None, :]
        x = x.gather(dim, places.expand_as(x))
    return x
