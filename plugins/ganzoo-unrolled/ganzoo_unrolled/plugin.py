"""What this package adds to ganzoo. Imports no torch: `ganzoo list` imports this module."""

import ganzoo


@ganzoo.hookimpl
def ganzoo_components():
    return [
        ganzoo.Component(
            kind="regularizer",
            name="unrolled",
            target="ganzoo_unrolled.parts:Unrolled",
            summary="G plays against D as it will be after some more steps, and learns through them",
            paper="Metz, Poole, Pfau, Sohl-Dickstein 2017, arXiv:1611.02163",
        )
    ]
