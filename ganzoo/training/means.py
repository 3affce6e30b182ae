"""The means of the terms' values since the last report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor


class Means:
    """Sums on the device, in one tensor that stays where it is, and counts in Python."""

    def __init__(self, names: Sequence[str], like: Tensor) -> None:
        self.sums = like.new_zeros(len(names))
        self.sum_of = dict(zip(names, self.sums.unbind(), strict=True))
        self.counts: Counter[str] = Counter()

    def add(self, values: Mapping[str, Tensor]) -> None:
        """One value of each; `count` says afterwards which."""
        if values:
            torch._foreach_add_([self.sum_of[name] for name in values], [*values.values()])

    def count(self, names: Sequence[str]) -> None:
        """That values of these were added."""
        self.counts.update(names)

    def take(self) -> dict[str, float]:
        """The mean of each since the last call. It waits for the device."""
        counted = [name for name in self.sum_of if self.counts[name]]
        means = torch.stack([self.sum_of[name] / self.counts[name] for name in counted]).tolist() if counted else []
        self.sums.zero_()
        self.counts.clear()
        return dict(zip(counted, means, strict=True))
