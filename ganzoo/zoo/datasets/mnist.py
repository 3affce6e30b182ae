"""MNIST, alone and stacked, and the two sets that were made to take its place."""

from __future__ import annotations

from dataclasses import dataclass

from ganzoo.interfaces.datasets import Split
from ganzoo.zoo.datasets.base import Images
from ganzoo.zoo.datasets.idx import read, standard
from ganzoo.zoo.datasets.judged import Judged, Stacked


@dataclass(eq=False)
class MNIST(Judged):
    """70,000 digits (LeCun et al. 1998): 60,000 to train, 10,000 held out."""

    name = "mnist"
    shape = (1, 28, 28)
    judge = "mnist-judge-v1"
    source = standard("MNIST", "mnist", "MNIST")

    def load(self) -> tuple[Split, Split]:
        """60,000 and 10,000 digits."""
        return read(self.source)


@dataclass(eq=False)
class StackedMNIST(Stacked):
    """Three digits of MNIST as the channels of one image."""

    name = "stacked-mnist"
    shape = (3, 28, 28)
    judge = "mnist-judge-v1"
    single = MNIST


@dataclass(eq=False)
class FashionMNIST(Judged):
    """70,000 pictures of clothes in 10 classes (Xiao et al. 2017): 60,000 to train, 10,000 held out.

    Debian's package `dataset-fashion-mnist` puts it where it is found.
    """

    name = "fashion-mnist"
    shape = (1, 28, 28)
    judge = "fashion-judge-v1"
    source = standard("Fashion-MNIST", "fashion-mnist", "FashionMNIST")

    def load(self) -> tuple[Split, Split]:
        """60,000 and 10,000 pictures."""
        return read(self.source)


@dataclass(eq=False)
class KMNIST(Images):
    """70,000 cursive Japanese characters in 10 classes (Clanuwat et al. 2018): 60,000 to train, 10,000 held out."""

    name = "kmnist"
    shape = (1, 28, 28)
    labels = 10
    source = standard("KMNIST", "kmnist", "KMNIST")

    def load(self) -> tuple[Split, Split]:
        """60,000 and 10,000 characters."""
        return read(self.source)
