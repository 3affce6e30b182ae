"""Losses, and bundles: named combinations of parts."""

from functools import partial

from ganzoo.interfaces.component import Component

loss = partial(Component, kind="loss")
bundle = partial(Component, kind="bundle")

LOSSES = [
    loss(
        name="bce",
        target="ganzoo.zoo.losses:BCE",
        summary="cross-entropy with G's non-saturating loss; one-sided label smoothing",
        paper="Goodfellow et al. 2014, arXiv:1406.2661; Salimans et al. 2016, arXiv:1606.03498",
    ),
    loss(
        name="minimax",
        target="ganzoo.zoo.losses:Minimax",
        summary="cross-entropy as a zero-sum game, in which G's loss saturates",
        paper="Goodfellow et al. 2014, arXiv:1406.2661",
    ),
    loss(
        name="lsgan",
        target="ganzoo.zoo.losses:LSGAN",
        summary="least squares",
        paper="Mao et al. 2017, arXiv:1611.04076",
    ),
    loss(
        name="wgan",
        target="ganzoo.zoo.losses:WGAN",
        summary="Wasserstein distance; needs a Lipschitz D: add gp, sn or clip",
        paper="Arjovsky, Chintala, Bottou 2017, arXiv:1701.07875",
        defaults={"d_steps": 5},
    ),
    loss(
        name="hinge",
        target="ganzoo.zoo.losses:Hinge",
        summary="hinge loss on D's scores",
        paper="Lim, Ye 2017, arXiv:1705.02894",
    ),
    loss(
        name="rpgan",
        target="ganzoo.zoo.losses:RpGAN",
        summary="relativistic pairing: D compares each real with a fake",
        paper="Jolicoeur-Martineau 2018, arXiv:1807.00734",
    ),
    loss(
        name="ragan",
        target="ganzoo.zoo.losses:RaGAN",
        summary="relativistic average: D compares each sample with the other kind's mean",
        paper="Jolicoeur-Martineau 2018, arXiv:1807.00734",
    ),
]

BUNDLES = [
    bundle(
        name="wgangp",
        expands="wgan+gp",
        summary="Wasserstein GAN with gradient penalty",
        paper="Gulrajani et al. 2017, arXiv:1704.00028",
        defaults={"d_steps": 5, "betas": (0.0, 0.9)},
    ),
    bundle(
        name="wganclip",
        expands="wgan+clip:c=0.01",
        summary="Wasserstein GAN with clipped weights; Adam instead of the paper's RMSProp",
        paper="Arjovsky, Chintala, Bottou 2017, arXiv:1701.07875",
        defaults={"d_steps": 5},
    ),
    bundle(
        name="r3",
        expands="rpgan+r1+r2",
        summary="relativistic pairing with zero-centred gradient penalties at reals and fakes",
        paper="Huang et al. 2024, arXiv:2501.05441",
    ),
]
