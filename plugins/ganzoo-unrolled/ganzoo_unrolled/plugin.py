"""Registers the parts of this package. `ganzoo list` imports this module, so it must not import torch."""

import ganzoo


@ganzoo.hookimpl
def ganzoo_components():
    return [
        ganzoo.Component(
            kind="regularizer",
            name="unrolled",
            target="ganzoo_unrolled.parts:Unrolled",
            summary="G is trained against D as it would be after K more steps",
            paper="Metz, Poole, Pfau, Sohl-Dickstein 2017, arXiv:1611.02163",
        )
    ]
