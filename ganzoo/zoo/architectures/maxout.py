"""The fully connected networks of PacGAN's mixtures."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from torch import Tensor, nn

from ganzoo.interfaces.bounds import Count, Width
from ganzoo.interfaces.networks import NetSpec
from ganzoo.zoo.nn.heads import Heads
from ganzoo.zoo.nn.initial import normal
from ganzoo.zoo.nn.labels import Layers, code_width, concat
from ganzoo.zoo.nn.norm import AutoNorm, Norm, choose_norm, norm, norm_classes
from ganzoo.zoo.nn.players import Discriminator, Generator
from ganzoo.zoo.nn.refusal import refuse_unknown


@dataclass
class FCMaxout:
    """G of four hidden ReLU layers, D of three hidden maxout layers (Lin et al. 2018, and their code).

    Their training beside it: `-s latent=2 -s lr=1e-4 -s betas=0.8,0.999 -s batch=100`.
    """

    width: Width = 400
    """Units of each of G's hidden layers."""
    d_width: Width = 200
    """Units of each of D's hidden layers."""
    pieces: Count = 5
    """Linear maps of which a unit of D takes the largest."""
    norm: AutoNorm = "none"
    """D's normalisation; auto is batch unless a term looks at each sample alone."""
    g_norm: Norm = "batch"
    """G's normalisation."""

    def generator(self, spec: NetSpec) -> nn.Module:
        """z (N, latent) -> (N, *shape)."""
        refuse_unknown(spec, "fc-maxout", "g")
        inputs, classes = spec.latent + code_width(spec), norm_classes(self.g_norm, spec)
        layers: list[nn.Module] = []
        for i in range(4):
            layers += [nn.Linear(self.width if i else inputs, self.width, bias=self.g_norm != "batch")]
            layers += [norm(self.g_norm, self.width, 0, classes), nn.ReLU()]
        layers += [nn.Linear(self.width, prod(spec.shape)), nn.Unflatten(1, spec.shape)]
        return normal(Generator(spec, *layers, *([nn.Tanh()] if len(spec.shape) == 3 else [])))

    def discriminator(self, spec: NetSpec) -> nn.Module:
        """x (N, *shape) -> score, features, heads."""
        refuse_unknown(spec, "fc-maxout", "d")
        kind, inputs = choose_norm(self.norm, spec), prod(spec.shape) + code_width(spec)
        layers = [nn.Flatten(), *concat(spec)]
        for i in range(3):
            layers += [Maxout(self.d_width if i else inputs, self.d_width, self.pieces), norm(kind, self.d_width, 0)]
        return normal(Discriminator(Layers(*layers), Heads(spec, (self.d_width,))))


class Maxout(nn.Module):
    """max_j (W_ij x + b_ij) over j of `pieces` (Goodfellow et al. 2013, arXiv:1302.4389, section 3)."""

    def __init__(self, inputs: int, outputs: int, pieces: int) -> None:
        super().__init__()
        self.linear, self.pieces = nn.Linear(inputs, outputs * pieces), pieces

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs) -> (N, outputs)."""
        pieces: Tensor = self.linear(x).unflatten(1, (-1, self.pieces))
        return pieces.amax(2)
