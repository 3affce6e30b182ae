"""Architectures."""

from functools import partial

from ganzoo.interfaces.component import Component

architecture = partial(Component, kind="architecture")

IMAGE, POINTS = frozenset({"image"}), frozenset({"points"})

ARCHITECTURES = [
    architecture(
        name="mlp",
        target="ganzoo.zoo.architectures.mlp:MLP",
        summary="fully connected networks, for points and small images",
        paper="Goodfellow et al. 2014, arXiv:1406.2661",
        data=IMAGE | POINTS,
    ),
    architecture(
        name="dcgan",
        target="ganzoo.zoo.architectures.dcgan:DCGAN",
        summary="strided convolutions, for square images whose side is a multiple of 4, from 8",
        paper="Radford, Metz, Chintala 2016, arXiv:1511.06434",
        data=IMAGE,
    ),
    architecture(
        name="resnet",
        target="ganzoo.zoo.architectures.resnet:ResNet",
        summary="residual networks, for square images whose side is a multiple of 4, from 8",
        paper="Miyato et al. 2018, arXiv:1802.05957; Gulrajani et al. 2017, arXiv:1704.00028",
        data=IMAGE,
    ),
    architecture(
        name="infogan-net",
        target="ganzoo.zoo.architectures.infogan:InfoGANNet",
        summary="InfoGAN's network for MNIST; square images, side a multiple of 4, from 8",
        paper="Chen et al. 2016, arXiv:1606.03657; Lucic et al. 2018, arXiv:1711.10337",
        data=IMAGE,
    ),
    architecture(
        name="fc-maxout",
        target="ganzoo.zoo.architectures.maxout:FCMaxout",
        summary="PacGAN's networks for mixtures: ReLU layers in G, maxout layers in D",
        paper="Lin et al. 2018 (PacGAN), arXiv:1712.04086",
        data=IMAGE | POINTS,
    ),
]
