"""Top-k training of G."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from msgspec import Meta

from ganzoo.interfaces.bounds import Count
from ganzoo.interfaces.terms import Regularizer
from ganzoo.interfaces.turn import Turn


@dataclass(kw_only=True)
class TopK(Regularizer):
    """G learns only from the k fakes of its batch that D scores highest (Sinha et al. 2020).

    k decays exponentially from the batch size B to nu·B, with the number of fakes that G has made: the paper multiplies
    it by a constant after each epoch, so that its pace depends on the size of the data. Gradients of all other scores
    are 0, and those of the k are scaled by B / k: this equals the mean over the k for every loss that is a mean over
    fakes, or over pairs of a relativistic loss. The log shows G's loss over the whole batch.
    """

    nu: Annotated[float, Meta(gt=0, le=1)] = 0.5
    """The final share of the batch that G learns from."""
    anneal: Count = 200_000
    """Fakes made in G's moves until k reaches nu·B."""
    order: ClassVar[int] = 90
    capturable = True

    def turn(self, t: Turn) -> None:
        """Replace the fakes' scores in G's move. Runs last, since it needs the scores."""
        if t.player == "g":
            n, score = len(t.fake_score), t.fake_score
            share = self.nu ** (t.step * t.game.batch / self.anneal).clamp(max=1)
            k = (n * share).round().clamp(min=1).to(score.dtype)
            mean = score.detach().reshape(n, -1).mean(1)  # over the patches of a sample
            rank = mean.argsort(descending=True).argsort()
            factor = torch.where(rank < k, n / k, 0).reshape(n, *(1 for _ in score.shape[1:]))
            t.fake_score = score.detach() + factor * (score - score.detach())
