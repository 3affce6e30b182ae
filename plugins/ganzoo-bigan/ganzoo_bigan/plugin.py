"""Registers the parts of this package. `ganzoo list` imports this module, so it must not import torch."""

import ganzoo


@ganzoo.hookimpl
def ganzoo_components():
    return [
        ganzoo.Component(
            kind="architecture",
            name="bigan-net",
            target="ganzoo_bigan.parts:BiGANNet",
            summary="fully connected; with an encoder and a D of pairs where a loss asks",
            paper="Donahue, Krähenbühl, Darrell 2017, arXiv:1605.09782",
            data={"image", "points"},
        ),
        ganzoo.Component(
            kind="loss",
            name="bigan",
            target="ganzoo_bigan.parts:BiGAN",
            summary="D tells pairs (x, E(x)) from pairs (G(z), z), so that E learns to invert G",
            paper="Donahue, Krähenbühl, Darrell 2017, arXiv:1605.09782; Dumoulin et al. 2017, arXiv:1606.00704",
        ),
        ganzoo.Component(
            kind="metric",
            name="reconstruction",
            target="ganzoo_bigan.parts:Reconstruction",
            summary="distance of G(E(x)) from a held-out sample x",
            paper="Donahue, Krähenbühl, Darrell 2017, arXiv:1605.09782",
        ),
        ganzoo.Component(
            kind="metric",
            name="anomaly",
            target="ganzoo_bigan.parts:Anomaly",
            summary="how well an encoder tells held-out images from spliced ones (AUROC)",
            paper="Zenati et al. 2018, arXiv:1802.06222",
        ),
    ]
