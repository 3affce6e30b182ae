"""Regularizers: what keeps the game steady."""

from ganzoo.component import Component

REGULARIZERS = [
    Component(
        kind="regularizer",
        name="gp",
        target="ganzoo.regularizers.gradient:GradientPenalty",
        summary="slope of D between reals and fakes drawn to `center`",
        paper="Gulrajani et al. 2017, arXiv:1704.00028",
    ),
    Component(
        kind="regularizer",
        name="r1",
        target="ganzoo.regularizers.gradient:R1",
        summary="squared slope of D at the reals",
        paper="Mescheder, Geiger, Nowozin 2018, arXiv:1801.04406",
    ),
    Component(
        kind="regularizer",
        name="r2",
        target="ganzoo.regularizers.gradient:R2",
        summary="squared slope of D at the fakes",
        paper="Mescheder, Geiger, Nowozin 2018, arXiv:1801.04406",
    ),
    Component(
        kind="regularizer",
        name="sn",
        target="ganzoo.regularizers.spectral:SpectralNorm",
        summary="spectral normalisation of D's layers",
        paper="Miyato et al. 2018, arXiv:1802.05957",
        defaults={"ttur": 4.0},
    ),
    Component(
        kind="regularizer",
        name="gradclip",
        target="ganzoo.regularizers.clip:GradientClip",
        summary="clips the norm of each player's gradient",
        paper="Pascanu, Mikolov, Bengio 2013, arXiv:1211.5063",
    ),
]
