"""Real 8x8 handwritten digits that come with scikit-learn, alone and stacked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import torch
from torch import Tensor

from ganzoo.data import Split
from ganzoo.datasets.base import Images
from ganzoo.judges import Judge, load
from ganzoo.seeds import seed_of


@cache
def _digits() -> tuple[Split, Split]:
    """1,297 and 500 digits, stratified and shuffled."""
    from sklearn.datasets import load_digits  # slow to import
    from sklearn.model_selection import train_test_split

    images, labels = load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = (
        torch.from_numpy(part)
        for part in train_test_split(images, labels, test_size=500, random_state=0, stratify=labels)
    )
    return Split(_uint8(train_x), train_y.long()), Split(_uint8(test_x), test_y.long())


def _uint8(x: Tensor) -> Tensor:
    """Flat images with levels 0 to 16 -> (N, 1, 8, 8) with levels 0 to 255."""
    return (x * (255 / 16)).round().to(torch.uint8).reshape(-1, 1, 8, 8)


def stack(split: Split, n: int, seed: int) -> Split:
    """`n` images of three channels, each a digit drawn from `split`; y = 100 a + 10 b + c."""
    x, y = split
    assert y is not None
    rows = torch.randint(len(x), (n, 3), generator=torch.Generator().manual_seed(seed))
    return Split(x[rows, 0], y[rows] @ torch.tensor([100, 10, 1]))


class _Judged(Images):
    """Images whose channels are digits, which the judge of digits reads."""

    metrics: Sequence[str] = ("fid", "modes")

    @cached_property
    def extractor(self) -> Judge:
        """The judge that compares, and that says which digit it sees."""
        return load("digits-judge-v1")


@dataclass(eq=False)
class Digits(_Judged):
    """1,797 digits by 43 people (Alpaydin, Kaynak 1998): 1,297 to train, 500 held out."""

    name = "digits"
    shape = (1, 8, 8)
    labels = 10
    n_modes = 10
    n_eval = 1_500
    resplits = 40

    def load(self) -> tuple[Split, Split]:
        """1,297 and 500 digits."""
        return _digits()

    @cached_property
    def prior(self) -> Tensor:  # type: ignore[override]
        """(10,) float64: the shares of the digits in the train split."""
        y = self.train.y
        assert y is not None
        return torch.bincount(y, minlength=10).double() / len(y)

    def modes(self, x: Tensor) -> Tensor:
        """uint8 (N, 1, 8, 8) -> (N,) int64, the digit that the judge sees."""
        return self.extractor.classify(x)[:, 0]


@dataclass(eq=False)
class StackedDigits(_Judged):
    """Three digits as the channels of one image: 1,000 modes (after Metz et al. 2017, sized like PacGAN's).

    128,000 triples to train and 26,000 to test, of digits of the same split: no test digit is ever trained on.
    """

    name = "stacked-digits"
    shape = (3, 8, 8)
    labels = 1_000
    n_modes = 1_000
    n_eval = 26_000
    prior = torch.full((1_000,), 1e-3, dtype=torch.float64)

    def load(self) -> tuple[Split, Split]:
        """128,000 and 26,000 triples."""
        train, test = _digits()
        return stack(train, 128_000, seed_of("stacked", "train")), stack(test, 26_000, seed_of("stacked", "test"))

    def modes(self, x: Tensor) -> Tensor:
        """uint8 (N, 3, 8, 8) -> (N,) int64: 100 a + 10 b + c for the digits that the judge sees."""
        return self.extractor.classify(x) @ torch.tensor([100, 10, 1])
