"""What this package adds to ganzoo. Imports no torch: `ganzoo list` imports this module."""

import ganzoo

PAPER = "Chen et al. 2016, arXiv:1606.03657"
EXPECTED_FAILURES = {"code-information-real_beats_noise": "it looks at the generator, not at samples"}


@ganzoo.hookimpl
def ganzoo_components():
    return [
        ganzoo.Component(
            kind="regularizer",
            name="infogan",
            target="ganzoo_infogan.parts:InfoGAN",
            summary="part of z is a code, which a head of D must read off the sample",
            paper=PAPER,
        ),
        ganzoo.Component(
            kind="metric",
            name="code-information",
            target="ganzoo_infogan.parts:CodeInformation",
            summary="nats that samples tell of InfoGAN's code, and that it tells of modes",
            paper=f"{PAPER}; Barber, Agakov 2003",
        ),
    ]
