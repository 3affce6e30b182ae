"""Registers the parts of this package. `ganzoo list` imports this module, so it must not import torch."""

import ganzoo

PAPER = "Huang, Gokaslan, Kuleshov, Tompkin 2024, arXiv:2501.05441"


@ganzoo.hookimpl
def ganzoo_components():
    return [
        ganzoo.Component(
            kind="architecture",
            name="r3gan",
            target="ganzoo_r3gan.networks:R3GAN",
            summary="grouped residual blocks without normalisation; square, multiples of 4 from 8",
            paper=PAPER,
            data={"image"},
        ),
        ganzoo.Component(
            kind="bundle",
            name="r3gan-recipe",
            expands="rpgan+r1:weight=0.05+r2:weight=0.05",
            summary="relativistic pairing with R1 and R2, as R3GAN trains on CIFAR-10",
            paper=PAPER,
            defaults={"betas": (0.0, 0.99)},
        ),
    ]
