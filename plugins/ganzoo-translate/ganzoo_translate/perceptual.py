"""The distance of features."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

import ganzoo
from ganzoo_translate.frozen import RandomFeatures, VGGFeatures
from ganzoo_translate.pairwise import require_pairs


@dataclass(kw_only=True)
class Perceptual(ganzoo.Regularizer):
    """λ Σ_j 1/(C_j H_j W_j) ‖φ_j(ŷ) - φ_j(y)‖² (Johnson et al. 2016, equation 2), ŷ = G(x, z), y what belongs to x.

    φ_j are maps of a frozen network: of convolutions with fixed random weights, which need no files, or of VGG-16 or
    VGG-19 trained on ImageNet, if you give its weights.
    """

    weight: Annotated[float, Meta(ge=0)] = 1.0
    """λ."""
    network: Literal["random", "vgg16", "vgg19"] = "random"
    """random: 3x3 convolutions with fixed random weights that halve the image to 4 pixels, each map of them; vgg16: the
    map relu2_2 (Johnson et al.); vgg19: the map conv5_4 (Ledig et al. 2017; Wang et al. 2018: before its ReLU)."""
    weights: Path | None = None
    """Of VGG, as torchvision writes them: a file of tensors by name. Grey images are seen as three equal channels."""
    distance: Literal["l2", "l1"] = "l2"
    """l2: squares, as in the equation; l1: absolute values, as in Wang et al. 2018."""
    capturable = True

    def prepare(self, g, d):
        """Let G take what is given. Raises `Incompatible` without pairs of images, or without the weights of VGG."""
        require_pairs(g)
        if len(g.shape) != 3:
            raise ganzoo.Incompatible("it compares features of images, and this data has none; leave it out")
        if self.network != "random" and self.weights is None:
            raise ganzoo.Incompatible(
                f"{self.network} needs its weights, which are not part of this package; write "
                f"perceptual:network={self.network},weights=FILE, or take network=random"
            )
        g.given, self.shapes = g.source, {g.shape, g.source}

    def attach(self, game):
        """Make the frozen networks: one for each shape that a game may make, as there and back."""
        like = next(game.g.net.parameters())
        if self.network == "random":
            made = {shape: RandomFeatures(shape) for shape in self.shapes if len(shape) == 3}
        else:
            vgg = VGGFeatures(self.network, self.weights)
            made = dict.fromkeys(self.shapes, vgg)
        self.networks = {shape: network.to(like) for shape, network in made.items()}

    def g(self, t):
        """The sum over maps of the mean distance."""
        features = self.networks[tuple(t.real.shape[1:])]
        differences = [a - b for a, b in zip(features(t.fake), features(t.real), strict=True)]
        return sum((d.square() if self.distance == "l2" else d.abs()).mean() for d in differences)
