"""The fully connected networks of PacGAN's mixtures."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from torch import Tensor, nn

from ganzoo.interfaces.bounds import Count, Width
from ganzoo.interfaces.networks import NetSpec
from ganzoo.zoo.architectures.mlp import relu_generator
from ganzoo.zoo.nn.base_networks import Discriminator, Heads, init_normal
from ganzoo.zoo.nn.checks import check_supported
from ganzoo.zoo.nn.conditioning import Layers, condition_input, condition_width
from ganzoo.zoo.nn.norm import AutoNorm, Norm, choose_norm, norm_layer


@dataclass
class FCMaxout:
    """G of four hidden ReLU layers, D of three hidden maxout layers (Lin et al. 2018, and the authors' code).

    The paper's training settings are `-s latent=2 -s lr=1e-4 -s betas=0.8,0.999 -s batch=100`.
    """

    width: Width = 400
    """Units of each hidden layer of G."""
    d_width: Width = 200
    """Units of each hidden layer of D."""
    pieces: Count = 5
    """Linear functions of which each unit of D takes the maximum."""
    norm: AutoNorm = "none"
    """D's normalisation; `auto` is `batch`, or `none` if a term needs D to judge each sample alone."""
    g_norm: Norm = "batch"
    """G's normalisation."""

    def generator(self, spec: NetSpec) -> nn.Module:
        """z (N, latent) -> (N, *shape)."""
        check_supported(spec, "fc-maxout", "g")
        return init_normal(relu_generator(spec, self.width, 4, self.g_norm))

    def discriminator(self, spec: NetSpec) -> nn.Module:
        """x (N, *shape) -> score, features, heads."""
        check_supported(spec, "fc-maxout", "d")
        kind, width = choose_norm(self.norm, spec), prod(spec.shape) + condition_width(spec)
        layers = [nn.Flatten(), *condition_input(spec)]
        for _ in range(3):
            layers += [Maxout(width, self.d_width, self.pieces), norm_layer(kind, self.d_width, 0)]
            width = self.d_width
        return init_normal(Discriminator(Layers(*layers), Heads(spec, (self.d_width,))))


class Maxout(nn.Module):
    """h_i(x) = max_j z_ij, z_ij = xᵀ W_ij + b_ij over j of `pieces` (Goodfellow et al. 2013, section 3)."""

    def __init__(self, inputs: int, outputs: int, pieces: int) -> None:
        super().__init__()
        self.linear, self.pieces = nn.Linear(inputs, outputs * pieces), pieces

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs) -> (N, outputs)."""
        pieces: Tensor = self.linear(x).unflatten(1, (-1, self.pieces))
        return pieces.amax(2)
