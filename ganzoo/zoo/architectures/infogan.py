"""The MNIST network of InfoGAN."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from ganzoo.interfaces.bounds import Width
from ganzoo.interfaces.networks import NetSpec
from ganzoo.zoo.nn.heads import Heads
from ganzoo.zoo.nn.initial import normal
from ganzoo.zoo.nn.labels import Layers, code_width, concat
from ganzoo.zoo.nn.norm import AutoNorm, Norm, choose_norm, norm, norm_classes
from ganzoo.zoo.nn.players import Discriminator, Generator
from ganzoo.zoo.nn.refusal import refuse_unknown, square_side


@dataclass
class InfoGANNet:
    """Two convolutions and a wide fully connected layer (Chen et al. 2016, appendix C.1).

    Lucic et al. 2018 (arXiv:1711.10337) compared their GANs on it. The whole InfoGAN has codes beside z; this is its
    networks alone.
    """

    width: Width = 64
    """Channels beside the image; twice as many further in."""
    hidden: Width = 1024
    """Units of the fully connected layers."""
    norm: AutoNorm = "auto"
    """D's normalisation; auto is batch unless a term looks at each sample alone, then none."""
    g_norm: Norm = "batch"
    """G's normalisation."""

    def generator(self, spec: NetSpec) -> nn.Module:
        """z (N, latent) -> images (N, C, H, H) in [-1, 1]."""
        refuse_unknown(spec, "infogan-net", "g")
        base, top = square_side(spec, "infogan-net") // 4, 2 * self.width
        bias, classes = self.g_norm != "batch", norm_classes(self.g_norm, spec)
        layers: list[nn.Module] = [nn.Linear(spec.latent + code_width(spec), self.hidden, bias=bias)]
        layers += [norm(self.g_norm, self.hidden, 0, classes), nn.ReLU()]
        layers += [
            nn.Linear(self.hidden, top * base * base, bias=bias),
            norm(self.g_norm, top * base * base, 0, classes),
        ]
        layers += [nn.ReLU(), nn.Unflatten(1, (top, base, base))]
        layers += [nn.ConvTranspose2d(top, self.width, 4, 2, 1, bias=bias), norm(self.g_norm, self.width, 2, classes)]
        layers += [nn.ReLU(), nn.ConvTranspose2d(self.width, spec.shape[0], 4, 2, 1), nn.Tanh()]
        return normal(Generator(spec, *layers))

    def discriminator(self, spec: NetSpec) -> nn.Module:
        """Images (N, C, H, H) -> score, features, heads."""
        refuse_unknown(spec, "infogan-net", "d")
        base, top, kind = square_side(spec, "infogan-net") // 4, 2 * self.width, choose_norm(self.norm, spec)
        bias, channels = kind != "batch", spec.shape[0] + code_width(spec)
        layers = [*concat(spec), nn.Conv2d(channels, self.width, 4, 2, 1), nn.LeakyReLU(0.1)]
        layers += [nn.Conv2d(self.width, top, 4, 2, 1, bias=bias), norm(kind, top, 2), nn.LeakyReLU(0.1), nn.Flatten()]
        layers += [nn.Linear(top * base * base, self.hidden, bias=bias), norm(kind, self.hidden, 0), nn.LeakyReLU(0.1)]
        return normal(Discriminator(Layers(*layers), Heads(spec, (self.hidden,))))
