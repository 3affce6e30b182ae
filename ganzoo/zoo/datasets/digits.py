"""The 8x8 handwritten digits of scikit-learn, alone and stacked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from ganzoo.interfaces.datasets import Split
from ganzoo.zoo.datasets.judged import Judged, Stacked


@cache
def _digits() -> tuple[Split, Split]:
    """1,297 and 500 digits, a stratified random split."""
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


@dataclass(eq=False)
class Digits(Judged):
    """1,797 digits written by 43 people (Alpaydin, Kaynak 1998): 1,297 to train, 500 held out."""

    name = "digits"
    shape = (1, 8, 8)
    judge = "digits-judge-v1"
    n_eval = 1_500
    resplits = 40

    def load(self) -> tuple[Split, Split]:
        """1,297 and 500 digits."""
        return _digits()


@dataclass(eq=False)
class StackedDigits(Stacked):
    """Three digits as the channels of one image."""

    name = "stacked-digits"
    shape = (3, 8, 8)
    judge = "digits-judge-v1"
    single = Digits
