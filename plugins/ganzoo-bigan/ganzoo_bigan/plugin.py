"""What this package adds to ganzoo. Imports no torch: `ganzoo list` imports this module."""

import ganzoo

ENCODER = "it scores the encoder of a run, which the kit has not; tests/test_parts.py scores that of a short one"
EXPECTED_FAILURES = {"scores": ENCODER, "same_again": ENCODER, "real_beats_noise": ENCODER}


@ganzoo.hookimpl
def ganzoo_components():
    return [
        ganzoo.Component(
            kind="architecture",
            name="bigan-net",
            target="ganzoo_bigan.parts:BiGANNet",
            summary="fully connected; an encoder beside G and a D of pairs where a loss asks",
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
            summary="how far G(E(x)) is from a held-out sample x",
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
