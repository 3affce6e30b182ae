"""Registers the parts of this package. `ganzoo list` imports this module, so it must not import torch."""

import ganzoo

PAPER = "Chen et al. 2016, arXiv:1606.03657"
EXPECTED_FAILURES = {"code-information-real_beats_noise": "it scores the generator, not samples"}


@ganzoo.hookimpl
def ganzoo_components():
    return [
        ganzoo.Component(
            kind="regularizer",
            name="infogan",
            target="ganzoo_infogan.parts:InfoGAN",
            summary="part of z is a code that a head of D must read from the sample",
            paper=PAPER,
        ),
        ganzoo.Component(
            kind="metric",
            name="code-information",
            target="ganzoo_infogan.parts:CodeInformation",
            summary="information of samples about InfoGAN's code, and of the code about modes",
            paper=f"{PAPER}; Barber, Agakov 2003",
        ),
    ]
