"""Orthogonal weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from ganzoo.interfaces.bounds import NonNegative
from ganzoo.interfaces.terms import Regularizer, Turn


@dataclass(kw_only=True)
class Orthogonal(Regularizer):
    """β Σ_W ‖Wᵀ W ⊙ (1 - I)‖²_F: the filters of each layer at right angles, of any length (BigGAN, Brock et al. 2019).

    Section 3.1 there, for G. W has a row of its matrix for each entry of a weight's first dimension.
    """

    weight: NonNegative = 1e-4
    """β."""
    side: Literal["g", "d", "both"] = "g"
    """Whose weights."""
    capturable = True

    def d(self, t: Turn) -> Tensor | None:
        """Over the weights of D, if asked."""
        return None if self.side == "g" else overlap(t.game.d.params)

    def g(self, t: Turn) -> Tensor | None:
        """Over the weights of G, unless only D's are asked for."""
        return None if self.side == "d" else overlap(t.game.g.params)


def overlap(weights: list[torch.nn.Parameter]) -> Tensor:
    """Σ_W Σ_{i≠j} ⟨w_i, w_j⟩² over the rows of those that have two dimensions or more."""
    total = weights[0].new_zeros(())
    for w in (weight.flatten(1) for weight in weights if weight.dim() > 1):
        gram = w @ w.T if len(w) <= w.shape[1] else w.T @ w  # both have the same norm: take the smaller
        total = total + gram.square().sum() - w.square().sum(1).square().sum()
    return total
