"""InfoGAN's network for MNIST."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from ganzoo.interfaces.bounds import Width
from ganzoo.interfaces.networks import NetSpec
from ganzoo.zoo.nn.base_networks import Discriminator, Generator, Heads, init_normal
from ganzoo.zoo.nn.checks import check_supported, square_side
from ganzoo.zoo.nn.conditioning import Layers, condition_input, condition_width
from ganzoo.zoo.nn.norm import AutoNorm, Norm, choose_norm, norm_classes, norm_layer


@dataclass
class InfoGANNet:
    """Two convolutions and a wide fully connected layer (Chen et al. 2016, appendix C.1).

    These are InfoGAN's networks without its latent codes. Lucic et al. 2018 (arXiv:1711.10337) compared GANs with them.
    """

    width: Width = 64
    """Channels of the layer next to the image; the other convolution has twice as many."""
    hidden: Width = 1024
    """Units of the fully connected layers."""
    norm: AutoNorm = "auto"
    """D's normalisation; `auto` is `batch`, or `none` if a term needs D to judge each sample alone."""
    g_norm: Norm = "batch"
    """G's normalisation."""

    def generator(self, spec: NetSpec) -> nn.Module:
        """z (N, latent) -> images (N, C, H, H) in [-1, 1]."""
        check_supported(spec, "infogan-net", "g")
        base, top = square_side(spec, "infogan-net") // 4, 2 * self.width
        bias, classes, units = self.g_norm != "batch", norm_classes(self.g_norm, spec), top * base * base
        layers: list[nn.Module] = [nn.Linear(spec.latent + condition_width(spec), self.hidden, bias=bias)]
        layers += [norm_layer(self.g_norm, self.hidden, 0, classes), nn.ReLU()]
        layers += [nn.Linear(self.hidden, units, bias=bias), norm_layer(self.g_norm, units, 0, classes)]
        layers += [nn.ReLU(), nn.Unflatten(1, (top, base, base))]
        layers += [nn.ConvTranspose2d(top, self.width, 4, 2, 1, bias=bias)]
        layers += [norm_layer(self.g_norm, self.width, 2, classes), nn.ReLU()]
        return init_normal(Generator(spec, *layers, nn.ConvTranspose2d(self.width, spec.shape[0], 4, 2, 1), nn.Tanh()))

    def discriminator(self, spec: NetSpec) -> nn.Module:
        """Images (N, C, H, H) -> score, features, heads."""
        check_supported(spec, "infogan-net", "d")
        base, top, kind = square_side(spec, "infogan-net") // 4, 2 * self.width, choose_norm(self.norm, spec)
        bias, channels = kind != "batch", spec.shape[0] + condition_width(spec, image=True)
        layers = [*condition_input(spec), nn.Conv2d(channels, self.width, 4, 2, 1), nn.LeakyReLU(0.1)]
        layers += [nn.Conv2d(self.width, top, 4, 2, 1, bias=bias), norm_layer(kind, top, 2), nn.LeakyReLU(0.1)]
        layers += [nn.Flatten(), nn.Linear(top * base * base, self.hidden, bias=bias)]
        layers += [norm_layer(kind, self.hidden, 0), nn.LeakyReLU(0.1)]
        return init_normal(Discriminator(Layers(*layers), Heads(spec, (self.hidden,))))
