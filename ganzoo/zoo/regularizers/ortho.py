"""Orthogonal regularization."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from ganzoo.interfaces.bounds import NonNegative
from ganzoo.interfaces.terms import Regularizer, Turn


@dataclass(kw_only=True)
class Orthogonal(Regularizer):
    """β Σ_W ‖Wᵀ W ⊙ (1 - I)‖²_F: filters orthogonal, of any norm (BigGAN, Brock et al. 2019, section 3.1).

    The paper applies it to G. W has one column per entry of a weight's first dimension.
    """

    weight: NonNegative = 1e-4
    """β."""
    side: Literal["g", "d", "both"] = "g"
    """The player whose weights are regularized."""
    capturable = True

    def d(self, t: Turn) -> Tensor | None:
        """The penalty on D's weights, unless `side` is g."""
        return None if self.side == "g" else overlap(t.game.d.params)

    def g(self, t: Turn) -> Tensor | None:
        """The penalty on G's weights, unless `side` is d."""
        return None if self.side == "d" else overlap(t.game.g.params)


def overlap(weights: list[torch.nn.Parameter]) -> Tensor:
    """Σ_W Σ_{i≠j} ⟨w_i, w_j⟩², w_i being entry i of the first dimension; weights of one dimension are skipped."""
    total = weights[0].new_zeros(())
    for w in (weight.flatten(1) for weight in weights if weight.dim() > 1):
        gram = w @ w.T if len(w) <= w.shape[1] else w.T @ w  # both have the same Frobenius norm: use the smaller
        total = total + gram.square().sum() - w.square().sum(1).square().sum()
    return total
