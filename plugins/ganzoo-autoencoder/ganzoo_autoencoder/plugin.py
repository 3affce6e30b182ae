"""Registers the parts of this package. `ganzoo list` imports this module, so it must not import torch."""

import ganzoo


@ganzoo.hookimpl
def ganzoo_components():
    return [
        ganzoo.Component(
            kind="architecture",
            name="autoencoder",
            target="ganzoo_autoencoder.parts:Autoencoder",
            summary="D is an autoencoder: its score is minus the reconstruction error",
            paper="Zhao, Mathieu, LeCun 2017, arXiv:1609.03126",
            data={"image", "points"},
        ),
        ganzoo.Component(
            kind="loss",
            name="ebgan",
            target="ganzoo_autoencoder.parts:EBGAN",
            summary="energy-based: D gives reals low energy, and fakes at least a margin",
            paper="Zhao, Mathieu, LeCun 2017, arXiv:1609.03126",
        ),
        ganzoo.Component(
            kind="loss",
            name="began",
            target="ganzoo_autoencoder.parts:BEGAN",
            summary="boundary equilibrium: a controller balances the energies of reals and fakes",
            paper="Berthelot, Schumm, Metz 2017, arXiv:1703.10717",
        ),
        ganzoo.Component(
            kind="regularizer",
            name="pullaway",
            target="ganzoo_autoencoder.parts:PullAway",
            summary="penalises similar codes of fakes, so that G does not repeat itself",
            paper="Zhao, Mathieu, LeCun 2017, arXiv:1609.03126",
        ),
    ]
