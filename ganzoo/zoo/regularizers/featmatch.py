"""Feature matching."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ganzoo.interfaces.terms import Regularizer
from ganzoo.interfaces.turn import Turn


@dataclass(kw_only=True)
class FeatureMatching(Regularizer):
    """G minimises ‖E f(x) - E f(G(z))‖², f being the features before D's heads (Salimans et al. 2016, section 3.1).

    In the paper this replaces G's loss. Here it is added to it, as any term is, and `weight` says how much it counts.
    """

    capturable = True

    def g(self, t: Turn) -> Tensor:
        """‖E f(x) - E f(G(z))‖²."""
        return (t.real_out["features"].mean(0) - t.fake_out["features"].mean(0)).square().sum()
