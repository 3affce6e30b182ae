"""D's score of a sample depends on the whole batch. A gradient penalty then differentiates the sum of its scores."""

from __future__ import annotations

from dataclasses import dataclass

from ganzoo.interfaces.bounds import Count, Width
from ganzoo.interfaces.networks import NetSpec
from ganzoo.interfaces.terms import Regularizer
from ganzoo.zoo.nn.minibatch_layers import MinibatchSimilarity, MinibatchStdDev


@dataclass(kw_only=True)
class StdDev(Regularizer):
    """Minibatch standard deviation, just before D's heads (Karras et al. 2018, section 3).

    The standard deviation of each feature over a group of samples, averaged over features and positions to one number,
    is appended as a constant feature map. StyleGAN2 (Karras et al. 2020) combines it with R1.
    """

    group: Count | None = 4
    """Samples in a group, `off` for the whole batch; reduced to the greatest common divisor with the batch size."""
    capturable = True

    def prepare(self, g: NetSpec, d: NetSpec) -> None:
        """Add the layer to D."""
        d.tail.append(lambda: MinibatchStdDev(self.group))


@dataclass(kw_only=True)
class MinibatchDiscrimination(Regularizer):
    """o(x_i)_b = Σ_j exp(-‖M_ib - M_jb‖₁), M_i = f(x_i) T, appended to the features f(x_i).

    Salimans et al. 2016, section 3.2. T is learned; 100 kernels of 5 dimensions are those of the authors' code.
    """

    kernels: Width = 100
    """B, the number of features that are appended."""
    dims: Width = 5
    """C, the number of values that each kernel compares."""
    capturable = True

    def prepare(self, g: NetSpec, d: NetSpec) -> None:
        """Add the layer to D."""
        d.tail.append(lambda: MinibatchSimilarity(self.kernels, self.dims))
