"""G must match statistics of D's features."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ganzoo.interfaces.terms import Regularizer, Turn


@dataclass(kw_only=True)
class FeatureMatching(Regularizer):
    """‖E f(x) - E f(G(z))‖² for G, f being D's features before its head (Salimans et al. 2016, section 3.1).

    In the paper it replaces G's loss; here it is added to it.
    """

    capturable = True

    def g(self, t: Turn) -> Tensor:
        """‖E f(x) - E f(G(z))‖²."""
        return (t.real_out["features"].mean(0) - t.fake_out["features"].mean(0)).square().sum()
