"""MNIST, alone and stacked, and two data sets in its format."""

from __future__ import annotations

from dataclasses import dataclass

from ganzoo.zoo.datasets.idx import IDXData, idx_files
from ganzoo.zoo.datasets.images import Images
from ganzoo.zoo.datasets.judged import Judged, Stacked


@dataclass(eq=False)
class MNIST(IDXData, Judged):
    """70,000 handwritten digits (LeCun et al. 1998): 60,000 to train, 10,000 held out."""

    name = "mnist"
    shape = (1, 28, 28)
    judge = "mnist-judge-v1"
    files = idx_files("MNIST", "mnist", "MNIST")


@dataclass(eq=False)
class StackedMNIST(Stacked):
    """Three digits of MNIST as the channels of one image."""

    name = "stacked-mnist"
    shape = (3, 28, 28)
    judge = "mnist-judge-v1"
    single = MNIST


@dataclass(eq=False)
class FashionMNIST(IDXData, Judged):
    """70,000 pictures of clothes in 10 classes (Xiao et al. 2017): 60,000 to train, 10,000 held out.

    Also found where Debian's package `dataset-fashion-mnist` installs it.
    """

    name = "fashion-mnist"
    shape = (1, 28, 28)
    judge = "fashion-judge-v1"
    files = idx_files("Fashion-MNIST", "fashion-mnist", "FashionMNIST")


@dataclass(eq=False)
class KMNIST(IDXData, Images):
    """70,000 cursive Japanese characters in 10 classes (Clanuwat et al. 2018): 60,000 to train, 10,000 held out."""

    name = "kmnist"
    shape = (1, 28, 28)
    labels = 10
    files = idx_files("KMNIST", "kmnist", "KMNIST")
