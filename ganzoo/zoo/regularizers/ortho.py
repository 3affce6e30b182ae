"""Orthogonal regularization."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from ganzoo.interfaces.bounds import NonNegative
from ganzoo.interfaces.terms import Regularizer
from ganzoo.interfaces.turn import Turn

LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


@dataclass(kw_only=True)
class Orthogonal(Regularizer):
    """β Σ_W ‖Wᵀ W ⊙ (1 - I)‖²_F: filters orthogonal, of any norm (BigGAN, Brock et al. 2019, section 3.1).

    The paper applies it to G. W has a column for each output of a linear layer, and for each output channel of a
    convolution, transposed ones included (the authors' code takes the first dimension of any weight, which holds the
    inputs of a transposed one). Embeddings, such as the class gains of `cbn`, have no filters and are left out.
    """

    weight: NonNegative = 1e-4
    """β."""
    side: Literal["g", "d", "both"] = "g"
    """The player whose weights are regularized."""
    capturable = True

    def d(self, t: Turn) -> Tensor | None:
        """The penalty on D's weights, unless `side` is g."""
        return None if self.side == "g" else overlap(weight for judge in t.game.d.judges for weight in filters(judge))

    def g(self, t: Turn) -> Tensor | None:
        """The penalty on G's weights, unless `side` is d."""
        return None if self.side == "d" else overlap(filters(t.game.g.net))


def filters(net: nn.Module) -> Iterator[Tensor]:
    """(outputs, n): the weight of each linear layer and each convolution, before a parametrization such as `sn`."""
    for module in net.modules():
        if isinstance(module, LAYERS + TRANSPOSED):
            name = "parametrizations.weight.original" if is_parametrized(module, "weight") else "weight"
            weight: Tensor = module.get_parameter(name)
            if isinstance(module, TRANSPOSED):  # (inputs, outputs / groups, ...)
                weight = weight.reshape(module.groups, -1, *weight.shape[1:]).transpose(1, 2).flatten(0, 1)
            yield weight.flatten(1)


def overlap(weights: Iterable[Tensor]) -> Tensor | None:
    """Σ_W Σ_{i≠j} ⟨w_i, w_j⟩², w_i being the rows of W (n, m); None where there are no weights."""
    total = None
    for w in weights:
        gram = w @ w.T if len(w) <= w.shape[1] else w.T @ w  # both have the same Frobenius norm: use the smaller
        total = (0 if total is None else total) + gram.square().sum() - w.square().sum(1).square().sum()
    return total
