"""Data sets."""

from functools import partial

from ganzoo.interfaces.component import Component

dataset = partial(Component, kind="dataset")

IMAGE, POINTS = frozenset({"image"}), frozenset({"points"})

# With the papers' weight of 10 for images, gp and dragan find no mode of a mixture. Gulrajani's code for toy data uses
# 0.1, which of 0.01, 0.1 and 1 covers ring8 and grid25 best.
GENTLE = {"r1:weight": 0.1, "r2:weight": 0.1, "gp:weight": 0.1, "dragan:weight": 0.1}
CURVE = {"images": 2_500_000, "batch": 128, "lr": 1e-3, "decay": "cosine", **GENTLE}  # as grid25
# Chosen without a search, unlike the defaults of digits, ring8 and grid25.
GREY = {"images": 1_000_000, "batch": 64, "dcgan:width": 32}
COLOUR = {"images": 5_000_000, "batch": 64}

DATASETS = [
    dataset(
        name="digits",
        target="ganzoo.zoo.datasets.digits:Digits",
        summary="1,797 handwritten digits, 8x8, 10 modes; needs no download",
        paper="Alpaydin, Kaynak 1998, UCI Optical Recognition of Handwritten Digits",
        data=IMAGE,
        defaults={"images": 500_000, "batch": 64, "lr": 2e-3, "ema": 5e4, "dcgan:width": 32, "dcgan:g_refine": True},
    ),
    dataset(
        name="stacked-digits",
        target="ganzoo.zoo.datasets.digits:StackedDigits",
        summary="three digits as the channels of one image: 1,000 modes",
        paper="after Metz et al. 2017, arXiv:1611.02163",
        data=IMAGE,
        defaults={"images": 3_000_000, "batch": 128, "lr": 1.5e-3, "ema": 5e4, "dcgan:width": 32},
    ),
    dataset(
        name="ring8",
        target="ganzoo.zoo.datasets.mixtures:Ring",
        summary="8 Gaussians on a circle",
        paper="Lin et al. 2018 (PacGAN), arXiv:1712.04086",
        data=POINTS,
        defaults={"images": 2_000_000, "batch": 256, "lr": 1e-3, "decay": "cosine", **GENTLE},
    ),
    dataset(
        name="grid25",
        target="ganzoo.zoo.datasets.mixtures:Grid25",
        summary="25 Gaussians on a 5 x 5 grid",
        paper="Lin et al. 2018 (PacGAN), arXiv:1712.04086",
        data=POINTS,
        defaults={"images": 2_500_000, "batch": 128, "lr": 1e-3, "decay": "cosine", **GENTLE},
    ),
    dataset(
        name="spiral",
        target="ganzoo.zoo.datasets.mixtures:Spiral",
        summary="100 overlapping Gaussians along two spiral arms",
        data=POINTS,
        defaults=CURVE,
    ),
    dataset(
        name="swissroll",
        target="ganzoo.zoo.datasets.mixtures:SwissRoll",
        summary="100 overlapping Gaussians along a rolled-up curve",
        paper="after Gulrajani et al. 2017, arXiv:1704.00028",
        data=POINTS,
        defaults=CURVE,
    ),
    dataset(
        name="moons",
        target="ganzoo.zoo.datasets.mixtures:Moons",
        summary="100 overlapping Gaussians along two half circles",
        data=POINTS,
        defaults=CURVE,
    ),
    dataset(
        name="mnist",
        target="ganzoo.zoo.datasets.mnist:MNIST",
        summary="70,000 handwritten digits, 28x28, 10 modes",
        paper="LeCun, Bottou, Bengio, Haffner 1998, doi:10.1109/5.726791",
        data=IMAGE,
        defaults=GREY,
    ),
    dataset(
        name="stacked-mnist",
        target="ganzoo.zoo.datasets.mnist:StackedMNIST",
        summary="three digits of MNIST as the channels of one image: 1,000 modes",
        paper="after Metz et al. 2017, arXiv:1611.02163",
        data=IMAGE,
        defaults={**GREY, "images": 3_000_000},
    ),
    dataset(
        name="fashion-mnist",
        target="ganzoo.zoo.datasets.mnist:FashionMNIST",
        summary="70,000 pictures of clothes, 28x28, 10 modes",
        paper="Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747",
        data=IMAGE,
        defaults=GREY,
    ),
    dataset(
        name="kmnist",
        target="ganzoo.zoo.datasets.mnist:KMNIST",
        summary="70,000 cursive Japanese characters, 28x28",
        paper="Clanuwat et al. 2018, arXiv:1812.01718",
        data=IMAGE,
        defaults=GREY,
    ),
    dataset(
        name="cifar10",
        target="ganzoo.zoo.datasets.cifar:CIFAR10",
        summary="60,000 photographs in 10 classes, 32x32",
        paper="Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images",
        data=IMAGE,
        defaults=COLOUR,
    ),
    dataset(
        name="cifar100",
        target="ganzoo.zoo.datasets.cifar:CIFAR100",
        summary="60,000 photographs in 100 classes, 32x32",
        paper="Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images",
        data=IMAGE,
        defaults=COLOUR,
    ),
    dataset(
        name="svhn",
        target="ganzoo.zoo.datasets.svhn:SVHN",
        summary="99,289 digits of house numbers, 32x32",
        paper="Netzer et al. 2011, Reading Digits in Natural Images",
        data=IMAGE,
        defaults=COLOUR,
    ),
    dataset(
        name="stl10",
        target="ganzoo.zoo.datasets.stl10:STL10",
        summary="100,000 unlabelled photographs, 48x48; stl10:labelled=yes for the labelled part",
        paper="Coates, Ng, Lee 2011, An Analysis of Single-Layer Networks",
        data=IMAGE,
        defaults=COLOUR,
    ),
    dataset(
        name="celeba",
        target="ganzoo.zoo.datasets.celeba:CelebA",
        summary="182,732 faces of celebrities, 64x64, or celeba:size=N",
        paper="Liu, Luo, Wang, Tang 2015, arXiv:1411.7766",
        data=IMAGE,
        defaults=COLOUR,
    ),
    dataset(
        name="folder",
        target="ganzoo.zoo.datasets.folder:Folder",
        summary="your own images: folder:PATH,size=64",
        data=IMAGE,
    ),
    dataset(
        name="npz",
        target="ganzoo.zoo.datasets.npz:NPZ",
        summary="your own images in one .npz file: npz:PATH",
        data=IMAGE,
    ),
]
