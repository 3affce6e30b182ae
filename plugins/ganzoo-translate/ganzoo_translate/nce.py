"""CUT: patches of G's output should resemble those of its input at the same place."""

from dataclasses import dataclass
from typing import Annotated

import torch
from msgspec import Meta
from torch import nn
from torch.nn.functional import cross_entropy, normalize

import ganzoo

NonNegative = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=1)]


@dataclass(kw_only=True)
class PatchNCE(ganzoo.Regularizer):
    """λ_X L_PatchNCE(G, H, X) + λ_Y L_PatchNCE(G, H, Y) (CUT, Park et al. 2020, equations 4 and 5).

    L_PatchNCE(G, H, X) = E_x Σ_l Σ_s ℓ(ẑ_l^s, z_l^s, z_l^{S∖s}): ẑ_l^s are the features, of the l-th layer of G's
    encoder and then of a network H_l of two layers, of G(x) at the place s; z those of x. ℓ is the cross-entropy of
    recognising the same place among all, by cosines over τ. As in the authors' code, it is a mean over layers and
    places, gradients flow through ẑ alone, and places are the same for all images of a batch.
    """

    weight: NonNegative = 1.0
    """λ_X."""
    identity: NonNegative = 1.0
    """λ_Y as a multiple of λ_X: the same of real images, which G should leave as they are. 0 in FastCUT."""
    patches: Count = 256
    """Places in each layer, or as many as there are."""
    tau: Annotated[float, Meta(gt=0)] = 0.07
    """τ."""
    units: Count = 256
    """Of both layers of H_l."""
    order = 90
    capturable = True

    def prepare(self, g, d):
        """Ask for an encoder, and add H."""
        if not g.source or g.source != g.shape:
            raise ganzoo.Incompatible(
                "it compares what is given with what is made, which must have the same shape; use other data, or leave "
                "it out"
            )
        g.needs.add("encoder")
        g.given = g.source
        g.companions["patch-heads"] = lambda: PatchHeads(widths(g), self.units)

    def g(self, t) -> "torch.Tensor | None":
        """Of x, and of y. Only in the player's own game: that of `cycle` has another G."""
        if t.by is not None:
            return None
        loss = self.contrast(t, t.fake, t.given)
        if isinstance(self.identity, float | int) and self.identity == 0:
            return loss
        return loss + self.identity * self.contrast(t, t.generate(t.z, given=t.real), t.real)

    def contrast(self, t, made, given):
        """L_PatchNCE of images (N, C, H, W) and what they were made of."""
        heads = t.game.g.companions["patch-heads"].heads
        with t.game.autocast():
            maps = zip(t.G.features(made), t.G.features(given), heads, strict=True)
            losses = [self.of_layer(head, *self.at_places(a, b), made.dtype) for a, b, head in maps]
        return torch.stack(losses).mean()

    def at_places(self, a, b):
        """Both maps (N, C, H, W) at the same random places: (N, places, C)."""
        a, b = a.flatten(2).mT, b.flatten(2).mT
        if a.shape[1] <= self.patches:
            return a, b
        places = torch.rand(a.shape[1], device=a.device).argsort()[: self.patches]
        return a[:, places], b[:, places]

    def of_layer(self, head, made, given, dtype):
        """ℓ, the mean over places."""
        made, given = normalize(head(made).to(dtype), dim=2), normalize(head(given).to(dtype), dim=2).detach()
        similarity = made @ given.mT / self.tau  # (N, places, places)
        same = torch.arange(similarity.shape[1], device=similarity.device).repeat(len(similarity))
        return cross_entropy(similarity.flatten(0, 1), same)


class PatchHeads(nn.Module):
    """H_l for each layer: two linear ones with a ReLU between them."""

    def __init__(self, widths, units):
        super().__init__()
        self.heads = nn.ModuleList(
            [nn.Sequential(nn.Linear(n, units), nn.ReLU(), nn.Linear(units, units)) for n in widths]
        )


def widths(spec):
    """The channels of each map that G's encoder gives, of a G like the one that trains."""
    with torch.no_grad():
        return [maps.shape[1] for maps in spec.another()().features(torch.zeros(1, *spec.given))]
