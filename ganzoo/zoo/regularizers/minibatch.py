"""D looks at a batch, not at each sample alone. A gradient penalty then penalises the slope of the batch's score."""

from __future__ import annotations

from dataclasses import dataclass

from ganzoo.interfaces.bounds import Count, Width
from ganzoo.interfaces.networks import NetSpec
from ganzoo.interfaces.terms import Regularizer
from ganzoo.zoo.nn.minibatch import MinibatchDeviation, MinibatchSimilarity


@dataclass(kw_only=True)
class StdDev(Regularizer):
    """Minibatch standard deviation, before D's head (Karras et al. 2018, section 3).

    The standard deviation of each feature over a group of samples, averaged over features and places to one number,
    which is added as a constant feature. With R1, as in StyleGAN2 (Karras et al. 2020), it goes together.
    """

    group: Count | None = 4
    """Samples that are compared, `off` for the whole batch; where it does not divide that, their common divisor."""
    capturable = True

    def prepare(self, g: NetSpec, d: NetSpec) -> None:
        """Add the layer."""
        d.tail.append(lambda: MinibatchDeviation(self.group))


@dataclass(kw_only=True)
class MinibatchDiscrimination(Regularizer):
    """o(x_i)_b = Σ_j exp(-‖M_ib - M_jb‖₁), M_i = f(x_i) T, is added to the features f(x_i) (Salimans et al. 2016, 3.2).

    T is learned; 100 kernels of 5 dimensions are those of the authors' code.
    """

    kernels: Width = 100
    """B, the features that are added."""
    dims: Width = 5
    """C, the numbers that a kernel compares."""
    capturable = True

    def prepare(self, g: NetSpec, d: NetSpec) -> None:
        """Add the layer."""
        d.tail.append(lambda: MinibatchSimilarity(self.kernels, self.dims))
