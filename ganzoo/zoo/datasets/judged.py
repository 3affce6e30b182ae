"""Images whose classes a judge recognises: single, and three stacked in one image."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor

from ganzoo.interfaces.datasets import Split
from ganzoo.support.seeds import seed_of
from ganzoo.zoo.datasets.images import Images
from ganzoo.zoo.judges.judge import Judge, load_judge

PLACE_VALUES = torch.tensor([100, 10, 1])
"""Of the three digits in a stacked label."""


class _JudgedChannels(Images):
    """Images of which the judge classifies each channel."""

    judge: ClassVar[str]
    """The judge's name, such as "digits-judge-v1"."""
    metrics: Sequence[str] = ("fid", "modes")

    @cached_property
    def extractor(self) -> Judge:
        """The judge, which also recognises the classes."""
        return load_judge(self.judge)

    @abstractmethod
    def modes_of(self, features: Tensor) -> Tensor:
        """The judge's features -> (N,) int64. Spares metrics that have the features a second pass over the images."""

    def modes(self, x: Tensor) -> Tensor:
        """uint8 (N, C, H, W) -> (N,) int64."""
        return self.modes_of(self.extractor(x))


class Judged(_JudgedChannels):
    """One-channel images in ten classes, which are their modes. A subclass gives `judge` and `load`."""

    labels: int = 10
    n_modes: int = 10

    @cached_property
    def prior(self) -> Tensor:  # type: ignore[override]
        """(10,) float64: class frequencies in the train split."""
        y = self.train.y
        assert y is not None
        return torch.bincount(y, minlength=self.n_modes).double() / len(y)

    def modes_of(self, features: Tensor) -> Tensor:
        """The judge's features (N, F) -> (N,) int64, the class that it recognises."""
        return self.extractor.decide(features)[:, 0].argmax(-1)


class Stacked(_JudgedChannels):
    """Three images as the channels of one: 1,000 modes (Metz et al. 2017), with as many samples as in PacGAN's tests.

    128,000 triples to train and 26,000 to test. Each consists of images of one split, so no test image is trained on.
    """

    single: ClassVar[type[Judged]]
    """The data set whose images are stacked."""
    sizes: tuple[int, int] = (128_000, 26_000)
    labels: int = 1_000
    n_modes: int = 1_000
    n_eval: int = 26_000
    prior: Tensor | None = torch.full((1_000,), 1e-3, dtype=torch.float64)

    def load(self) -> tuple[Split, Split]:
        """Triples drawn with fixed seeds."""
        data, (n_train, n_test) = self.single(), self.sizes
        return (
            stack(data.train, n_train, seed_of("stacked", "train")),
            stack(data.test, n_test, seed_of("stacked", "test")),
        )

    def modes_of(self, features: Tensor) -> Tensor:
        """The judge's features (N, 3 F) -> (N,) int64: 100 a + 10 b + c for the classes that it recognises."""
        return self.extractor.decide(features).argmax(-1) @ PLACE_VALUES


def stack(split: Split, n: int, seed: int) -> Split:
    """`n` images of three channels, each an image drawn from `split`; y = 100 a + 10 b + c."""
    x, y = split.x, split.y
    assert y is not None
    rows = torch.randint(len(x), (n, 3), generator=torch.Generator().manual_seed(seed))
    return Split(x[rows, 0], y[rows] @ PLACE_VALUES)
