"""Networks."""

from ganzoo.component import Component

IMAGE, POINTS = frozenset({"image"}), frozenset({"points"})

ARCHITECTURES = [
    Component(
        kind="architecture",
        name="mlp",
        target="ganzoo.architectures.mlp:MLP",
        summary="fully connected networks, for points and small images",
        paper="Goodfellow et al. 2014, arXiv:1406.2661",
        data=IMAGE | POINTS,
    ),
    Component(
        kind="architecture",
        name="dcgan",
        target="ganzoo.architectures.dcgan:DCGAN",
        summary="strided convolutions; any square size that is a multiple of 4, from 8",
        paper="Radford, Metz, Chintala 2016, arXiv:1511.06434",
        data=IMAGE,
    ),
]
