"""G leaves its worst samples aside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from msgspec import Meta

from ganzoo.interfaces.bounds import Count
from ganzoo.interfaces.terms import Regularizer, Turn


@dataclass(kw_only=True)
class TopK(Regularizer):
    """G learns only from the k fakes of its batch that D scores highest (Sinha et al. 2020).

    k falls from the batch B to nu·B, by the same factor in each move. Gradients of the other scores are set to zero and
    those of the k are scaled by B/k, which is the mean over the k for every loss that is a mean over fakes, pairs of a
    relativistic one included. The log shows G's loss over the whole batch.
    """

    nu: Annotated[float, Meta(gt=0, le=1)] = 0.5
    """The share of a batch that counts in the end."""
    anneal: Count = 200_000
    """Fakes made in G's moves until only that share counts."""
    order: ClassVar[int] = 90
    capturable = True

    def turn(self, t: Turn) -> None:
        """Put the scores aside that do not count. Last of all, since it needs them."""
        if t.player == "g":
            n, score = len(t.fake_score), t.fake_score
            share = self.nu ** (t.step * t.game.batch / self.anneal).clamp(max=1)
            k = (n * share).round().clamp(min=1).to(score.dtype)
            rank = score.detach().argsort(descending=True).argsort()
            t.fake_score = score.detach() + torch.where(rank < k, n / k, 0) * (score - score.detach())
