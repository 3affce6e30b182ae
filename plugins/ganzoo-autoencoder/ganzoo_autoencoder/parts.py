"""A D that is an autoencoder, and terms for it. The score of a sample is minus its reconstruction error."""

from dataclasses import dataclass
from math import prod
from typing import Annotated

import torch
from msgspec import Meta
from torch import nn
from torch.nn.functional import normalize, relu

import ganzoo

Count = Annotated[int, Meta(ge=1)]
NEEDS = {"reconstruction", "absolute"}


@dataclass
class Autoencoder:
    """Fully connected: D(x) = ‖Dec(Enc(x)) - x‖ is the energy (Zhao et al. 2017, section 2.3); the score is -D(x).

    The error is a mean over all numbers of a sample: of squares, or of absolute values where a loss asks for that.
    """

    width: Count = 128
    """Units of each hidden layer."""
    code: Count = 32
    """Units between encoder and decoder."""

    def generator(self, spec):
        """z (N, latent) -> (N, *shape)."""
        refuse_unknown(spec)
        return Generator(*self.layers(spec.latent, prod(spec.shape)), *output(spec))

    def discriminator(self, spec):
        """x (N, *shape) -> {"score": (N,), "features": (N, code), "reconstruction": (N, *shape), **heads}."""
        refuse_unknown(spec)
        n = prod(spec.shape)
        encoder = nn.Sequential(nn.Flatten(), *self.layers(n, self.code))
        return Reconstructing(spec, encoder, nn.Sequential(*self.layers(self.code, n), *output(spec)))

    def layers(self, inputs, outputs):
        """Two hidden layers and a linear output."""
        hidden = [nn.Linear(inputs, self.width), nn.ReLU(), nn.Linear(self.width, self.width), nn.ReLU()]
        return [*hidden, nn.Linear(self.width, outputs)]


def output(spec):
    """The last layers, which give a sample its shape, and keep images in [-1, 1]."""
    return [nn.Unflatten(1, spec.shape), *([nn.Tanh()] if len(spec.shape) == 3 else [])]


def refuse_unknown(spec):
    """Raise `Incompatible` for a spec that asks for labels or for an unknown need."""
    if spec.classes or spec.needs - NEEDS:
        feature = "labels" if spec.classes else ", ".join(sorted(spec.needs - NEEDS))
        raise ganzoo.Incompatible(f"autoencoder has no {feature}; leave out the part that asks for it, or take mlp")


class Generator(nn.Sequential):
    """Ignores labels, which are always None."""

    def forward(self, z, y=None):
        return super().forward(z)


class Reconstructing(nn.Module):
    """D: an encoder, a decoder, and on the code the heads that the spec asks for."""

    def __init__(self, spec, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.absolute = "absolute" in spec.needs
        self.tail = nn.Sequential(*(layer() for layer in spec.tail), nn.Flatten())
        with torch.no_grad():
            width = self.tail(encoder(torch.zeros(4, *spec.shape))).shape[1]
        self.heads = nn.ModuleDict({name: nn.Linear(width, outputs) for name, outputs in spec.heads.items()})

    def forward(self, x, y=None):
        code = self.encoder(x)
        features, reconstruction = self.tail(code), self.decoder(code)
        error = (reconstruction - x).flatten(1)
        energy = (error.abs() if self.absolute else error.square()).mean(1)
        heads = {name: head(features) for name, head in self.heads.items()}
        return {"score": -energy, "features": features, "reconstruction": reconstruction, **heads}


@dataclass(kw_only=True)
class EBGAN(ganzoo.Loss):
    """Energy-based GAN (Zhao, Mathieu, LeCun 2017, equations 1 and 2). The score is minus the energy D(x).

    D: D(x) + [m - D(G(z))]⁺; G: D(G(z)).
    """

    margin: Annotated[float, Meta(gt=0)] = 0.5
    """m: fakes of a higher energy add nothing to D's loss."""
    capturable = True
    boundary = None

    def prepare(self, g, d):
        """Ask for a D that reconstructs."""
        d.needs.add("reconstruction")

    def d(self, t):
        """E D(x) + E [m - D(G(z))]⁺."""
        return -t.real_score.mean() + relu(self.margin + t.fake_score).mean()

    def g(self, t):
        """E D(G(z))."""
        return -t.fake_score.mean()


@dataclass(kw_only=True)
class BEGAN(ganzoo.Loss):
    """Boundary equilibrium GAN (Berthelot, Schumm, Metz 2017, section 3.4). The score is minus the error L.

    D: L(x) - k L(G(z)); G: L(G(z)); after each move of D, k ← k + λ (γ L(x) - L(G(z))), within [0, 1].
    """

    gamma: Annotated[float, Meta(ge=0, le=1)] = 0.5
    """The target of the diversity ratio E L(G(z)) / E L(x)."""
    rate: Annotated[float, Meta(ge=0)] = 1e-3
    """λ, the step size of k."""
    capturable = True
    boundary = None

    def prepare(self, g, d):
        """Ask for a D that reconstructs, with a mean of absolute values as error, as in the paper."""
        d.needs |= {"reconstruction", "absolute"}

    def attach(self, game):
        """k starts at 0, as in the paper."""
        self.state["k"] = torch.zeros((), device=game.device)

    def d(self, t):
        """E L(x) - k E L(G(z))."""
        real, fake, k = -t.real_score.mean(), -t.fake_score.mean(), self.state["k"].clone()
        with torch.no_grad():
            self.state["k"].add_(self.rate * (self.gamma * real - fake)).clamp_(0, 1)
        return real - k * fake

    def g(self, t):
        """E L(G(z))."""
        return -t.fake_score.mean()


@dataclass(kw_only=True)
class PullAway(ganzoo.Regularizer):
    """Pull-away term (Zhao, Mathieu, LeCun 2017, equation 4): mean squared cosine of the codes of two fakes."""

    weight: Annotated[float, Meta(ge=0)] = 0.1
    """Factor of the term in G's loss; 0.1 in the paper."""
    capturable = True

    def g(self, t):
        """1/(N(N-1)) Σ_i Σ_{j≠i} (S_iᵀS_j / ‖S_i‖‖S_j‖)²."""
        codes = normalize(t.fake_out["features"], dim=1)
        n = len(codes)
        return ((codes @ codes.T).square().sum() - n) / (n * (n - 1))
