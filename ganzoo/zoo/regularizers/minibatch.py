"""D's score of a sample depends on the whole batch. A gradient penalty then differentiates the sum of its scores."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import Annotated

import torch
from msgspec import Meta
from torch import Tensor, nn

from ganzoo.interfaces.bounds import Width
from ganzoo.interfaces.networks import NetSpec
from ganzoo.interfaces.terms import Regularizer
from ganzoo.support.errors import Incompatible


def require_several(d: NetSpec) -> None:
    """Raises `Incompatible` where D judges one sample, or one pack, at a time."""
    if d.batch and d.batch // d.group < 2:
        raise Incompatible(
            f"it compares what D judges in a shard, which is {d.batch // d.group} sample or pack; "
            "raise batch, lower shards, or leave it out"
        )


@dataclass(kw_only=True)
class StdDev(Regularizer):
    """Minibatch standard deviation, just before D's heads (Karras et al. 2018, section 3).

    The standard deviation of each feature over a group of samples, averaged over features and positions to one number,
    is appended as a constant feature map. StyleGAN2 (Karras et al. 2020) combines it with R1.
    """

    group: Annotated[int, Meta(ge=2)] | None = 4
    """Samples in a group, `off` for the whole batch; reduced to the greatest common divisor with the batch size."""
    capturable = True

    def prepare(self, g: NetSpec, d: NetSpec) -> None:
        """Add the layer to D. Raises `Incompatible` where groups would hold one sample, whose deviation is 0."""
        require_several(d)
        judged = d.batch // d.group
        if judged and self.group and gcd(judged, self.group) == 1:
            raise Incompatible(
                f"D judges {judged} samples or packs in a shard, which cannot be divided into groups of {self.group} "
                "or of a divisor of it; change batch, or write stddev:group=off for one group"
            )
        d.tail.append(lambda: MinibatchStdDev(self.group))


class MinibatchStdDev(nn.Module):
    """(N, C, ...) -> (N, C + 1, ...): appends the mean standard deviation of a group's features as a constant map.

    A group is `group` neighbours in the batch, None for the whole batch. Where `group` does not divide the batch, their
    greatest common divisor is used.
    """

    def __init__(self, group: int | None) -> None:
        super().__init__()
        self.group = group

    def forward(self, x: Tensor) -> Tensor:
        """One number per group, the same at all positions."""
        size = gcd(len(x), self.group) if self.group else len(x)
        deviation = x.reshape(-1, size, *x.shape[1:]).var(1, unbiased=False).add(1e-8).sqrt()
        feature = deviation.flatten(1).mean(1).repeat_interleave(size)
        return torch.cat([x, feature.view(-1, *(1 for _ in x.shape[1:])).expand(-1, 1, *x.shape[2:])], 1)


@dataclass(kw_only=True)
class MinibatchDiscrimination(Regularizer):
    """o(x_i)_b = Σ_j exp(-‖M_ib - M_jb‖₁), M_i = f(x_i) T, appended to the features f(x_i).

    Salimans et al. 2016, section 3.2. T is learned; 100 kernels of 5 dimensions are those of the authors' code. The sum
    is as the paper prints it: j = i is in it and adds a constant 1, which the authors' code leaves out.
    """

    kernels: Width = 100
    """B, the number of features that are appended."""
    dims: Width = 5
    """C, the number of values that each kernel compares."""
    capturable = True

    def prepare(self, g: NetSpec, d: NetSpec) -> None:
        """Add the layer to D."""
        require_several(d)
        d.tail.append(lambda: MinibatchSimilarity(self.kernels, self.dims))


class MinibatchSimilarity(nn.Module):
    """(N, ...) -> (N, F + kernels): appends to the F features of each sample its similarity to the whole batch."""

    def __init__(self, kernels: int, dims: int) -> None:
        super().__init__()
        self.shape = kernels, dims
        self.project: nn.Linear | None = None

    def forward(self, x: Tensor) -> Tensor:
        """The projection T is created at the first batch, when F is known."""
        x = x.flatten(1)
        if self.project is None:
            self.project = nn.Linear(x.shape[1], self.shape[0] * self.shape[1], bias=False)
        m = self.project(x).reshape(-1, *self.shape).permute(2, 1, 0)
        distance = sum(((c[:, :, None] - c[:, None]).abs() for c in m.unbind()), start=m.new_zeros(()))
        return torch.cat([x, torch.exp(-distance).sum(2).T], 1)  # summing (B, N, N) over C avoids one (N, N, B, C)
