"""Images whose classes a judge knows: alone, and three in one image."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor

from ganzoo.interfaces.datasets import Split
from ganzoo.support.seeds import seed_of
from ganzoo.zoo.datasets.base import Images
from ganzoo.zoo.judges import Judge, load

PLACES = torch.tensor([100, 10, 1])
"""Of the three classes in a stacked label."""


class _Known(Images):
    """Each channel is an image that the judge classifies."""

    judge: ClassVar[str]
    """Its name, such as "digits-judge-v1"."""
    metrics: Sequence[str] = ("fid", "modes")

    @cached_property
    def extractor(self) -> Judge:
        """The judge that compares, and that says which class it sees."""
        return load(self.judge)

    @abstractmethod
    def modes_of(self, features: Tensor) -> Tensor:
        """The judge's features -> (N,) int64. Metrics that have them need not look at the images again."""

    def modes(self, x: Tensor) -> Tensor:
        """uint8 (N, C, H, W) -> (N,) int64."""
        return self.modes_of(self.extractor(x))


class Judged(_Known):
    """Images of one channel and ten classes, which are their modes. A data set gives `judge` and `load`."""

    labels: int = 10
    n_modes: int = 10

    @cached_property
    def prior(self) -> Tensor:  # type: ignore[override]
        """(10,) float64: the shares of the classes in the train split."""
        y = self.train.y
        assert y is not None
        return torch.bincount(y, minlength=self.n_modes).double() / len(y)

    def modes_of(self, features: Tensor) -> Tensor:
        """The judge's features (N, F) -> (N,) int64, the class that it sees."""
        return self.extractor.decide(features)[:, 0].argmax(-1)


class Stacked(_Known):
    """Three images as the channels of one: 1,000 modes (after Metz et al. 2017, sized like PacGAN's).

    128,000 triples to train and 26,000 to test, of images of the same split: no test image is ever trained on.
    """

    single: ClassVar[type[Judged]]
    """The data set whose images are stacked."""
    sizes: tuple[int, int] = (128_000, 26_000)
    labels: int = 1_000
    n_modes: int = 1_000
    n_eval: int = 26_000
    prior: Tensor | None = torch.full((1_000,), 1e-3, dtype=torch.float64)

    def load(self) -> tuple[Split, Split]:
        """The triples, which the seeds and the single images decide."""
        data, (train, test) = self.single(), self.sizes
        return (
            stack(data.train, train, seed_of("stacked", "train")),
            stack(data.test, test, seed_of("stacked", "test")),
        )

    def modes_of(self, features: Tensor) -> Tensor:
        """The judge's features (N, 3 F) -> (N,) int64: 100 a + 10 b + c for the classes that it sees."""
        return self.extractor.decide(features).argmax(-1) @ PLACES


def stack(split: Split, n: int, seed: int) -> Split:
    """`n` images of three channels, each an image drawn from `split`; y = 100 a + 10 b + c."""
    x, y = split
    assert y is not None
    rows = torch.randint(len(x), (n, 3), generator=torch.Generator().manual_seed(seed))
    return Split(x[rows, 0], y[rows] @ PLACES)
