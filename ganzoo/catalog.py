"""The built-in zoo on one page, as a plugin would write it: a module whose hook gives its components.

`Registry` calls the hook itself, without pluggy, so that looking up a built-in name imports nothing more.
"""

from collections.abc import Iterable

from ganzoo.component import Component
from ganzoo.hookspecs import hookimpl

IMAGE, POINTS = frozenset({"image"}), frozenset({"points"})

ARCHITECTURES = [
    Component(
        kind="architecture",
        name="mlp",
        target="ganzoo.architectures.mlp:MLP",
        summary="fully connected networks, for points and small images",
        paper="Goodfellow et al. 2014, arXiv:1406.2661",
        data=IMAGE | POINTS,
    ),
    Component(
        kind="architecture",
        name="dcgan",
        target="ganzoo.architectures.dcgan:DCGAN",
        summary="strided convolutions; any square size that is a multiple of 4, from 8",
        paper="Radford, Metz, Chintala 2016, arXiv:1511.06434",
        data=IMAGE,
    ),
]

LOSSES = [
    Component(
        kind="loss",
        name="bce",
        target="ganzoo.losses:BCE",
        summary="cross-entropy, G's loss non-saturating; one-sided label smoothing",
        paper="Goodfellow et al. 2014, arXiv:1406.2661; Salimans et al. 2016, arXiv:1606.03498",
    ),
    Component(
        kind="loss",
        name="lsgan",
        target="ganzoo.losses:LSGAN",
        summary="least squares",
        paper="Mao et al. 2017, arXiv:1611.04076",
    ),
    Component(
        kind="loss",
        name="wgan",
        target="ganzoo.losses:WGAN",
        summary="Wasserstein distance; needs a Lipschitz D: gp, sn",
        paper="Arjovsky, Chintala, Bottou 2017, arXiv:1701.07875",
        defaults={"d_steps": 5},
    ),
    Component(
        kind="loss",
        name="hinge",
        target="ganzoo.losses:Hinge",
        summary="hinge on D's score",
        paper="Lim, Ye 2017, arXiv:1705.02894",
    ),
    Component(
        kind="loss",
        name="rpgan",
        target="ganzoo.losses:RpGAN",
        summary="relativistic pairing: D compares each real with a fake",
        paper="Jolicoeur-Martineau 2018, arXiv:1807.00734",
    ),
]

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

BUNDLES = [
    Component(
        kind="bundle",
        name="wgangp",
        expands="wgan+gp:weight=10",
        summary="Wasserstein GAN with gradient penalty",
        paper="Gulrajani et al. 2017, arXiv:1704.00028",
        defaults={"d_steps": 5, "betas": (0.0, 0.9)},
    ),
    Component(
        kind="bundle",
        name="r3",
        expands="rpgan+r1+r2",
        summary="relativistic pairing with zero-centred penalties on reals and fakes",
        paper="Huang et al. 2024, arXiv:2501.05441",
    ),
]

DATASETS = [
    Component(
        kind="dataset",
        name="digits",
        target="ganzoo.datasets.digits:Digits",
        summary="1,797 real handwritten digits, 8x8, 10 modes; comes with ganzoo",
        paper="Alpaydin, Kaynak 1998, UCI Optical Recognition of Handwritten Digits",
        data=IMAGE,
        defaults={"images": 1_000_000, "batch": 128, "lr": 1.5e-3, "ema": 5e4, "dcgan:width": 32},
    ),
    Component(
        kind="dataset",
        name="stacked-digits",
        target="ganzoo.datasets.digits:StackedDigits",
        summary="three digits as the channels of one image: 1,000 modes",
        paper="after Metz et al. 2017, arXiv:1611.02163",
        data=IMAGE,
        defaults={"images": 3_000_000, "batch": 128, "lr": 1.5e-3, "ema": 5e4, "dcgan:width": 32},
    ),
    Component(
        kind="dataset",
        name="ring8",
        target="ganzoo.datasets.mixtures:Ring",
        summary="8 Gaussians on a circle",
        paper="Lin et al. 2018 (PacGAN), arXiv:1712.04086",
        data=POINTS,
        defaults={"images": 2_000_000, "batch": 256, "lr": 1e-3, "decay": "cosine", "r1:weight": 0.1, "r2:weight": 0.1},
    ),
    Component(
        kind="dataset",
        name="grid25",
        target="ganzoo.datasets.mixtures:Grid",
        summary="25 Gaussians on a 5 x 5 grid",
        paper="Lin et al. 2018 (PacGAN), arXiv:1712.04086",
        data=POINTS,
        defaults={"images": 2_500_000, "batch": 128, "lr": 1e-3, "decay": "cosine", "r1:weight": 0.1, "r2:weight": 0.1},
    ),
    Component(
        kind="dataset",
        name="mnist",
        target="ganzoo.datasets.mnist:MNIST",
        summary="70,000 handwritten digits, 28x28",
        paper="LeCun, Bottou, Bengio, Haffner 1998, doi:10.1109/5.726791",
        data=IMAGE,
        defaults={"dcgan:width": 32},
    ),
    Component(
        kind="dataset",
        name="folder",
        target="ganzoo.datasets.folder:Folder",
        summary="your own images: folder:PATH,size=64",
        data=IMAGE,
    ),
]

METRICS = [
    Component(
        kind="metric",
        name="fid",
        target="ganzoo.metrics.frechet:FID",
        summary="Frechet distance of features, beside its floor and a memoriser's",
        paper="Heusel et al. 2017, arXiv:1706.08500",
    ),
    Component(
        kind="metric",
        name="modes",
        target="ganzoo.metrics.coverage:Modes",
        summary="modes found with 1 and with 5 samples, and KL to the data's own shares",
        paper="Srivastava et al. 2017 (VEEGAN), arXiv:1705.07761; Lin et al. 2018, arXiv:1712.04086",
    ),
    Component(
        kind="metric",
        name="hq",
        target="ganzoo.metrics.coverage:HighQuality",
        summary="share of points within 3 sigma of a mode",
        paper="Srivastava et al. 2017 (VEEGAN), arXiv:1705.07761",
    ),
]


@hookimpl
def ganzoo_components() -> Iterable[Component]:
    """Every part that ganzoo itself brings."""
    return [*ARCHITECTURES, *LOSSES, *REGULARIZERS, *BUNDLES, *DATASETS, *METRICS]
