"""Data sets."""

from ganzoo.component import Component

IMAGE, POINTS = frozenset({"image"}), frozenset({"points"})

DATASETS = [
    Component(
        kind="dataset",
        name="digits",
        target="ganzoo.datasets.digits:Digits",
        summary="1,797 real handwritten digits, 8x8, 10 modes; comes with ganzoo",
        paper="Alpaydin, Kaynak 1998, UCI Optical Recognition of Handwritten Digits",
        data=IMAGE,
        defaults={"images": 700_000, "batch": 128, "lr": 1.5e-3, "ema": 5e4, "dcgan:width": 32},
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
