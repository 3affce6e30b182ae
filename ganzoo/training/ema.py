"""The moving average of G's weights. Samples are drawn from it."""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import Tensor, nn

from ganzoo.zoo.nn.norm import statistics


class EMA:
    """The exponential moving average of a network: half-life in images, growing with the run at first.

    The ramp is that of Karras et al. 2020 (arXiv:2006.06676): never longer than 5 % of the images seen so far.
    """

    def __init__(self, net: nn.Module, half_life: float | None) -> None:
        self.net, self.half_life = deepcopy(net).requires_grad_(False), half_life
        self.source: list[Tensor] = list(net.parameters())
        self.params: list[Tensor] = list(self.net.parameters())
        measured = statistics(net)  # before each evaluation
        pairs = [pair for pair in zip(self.net.buffers(), net.buffers(), strict=True) if pair[1] not in measured]
        self.buffers = [averaged for averaged, _ in pairs], [source for _, source in pairs]

    @torch.no_grad()
    def update(self, images: int, new: int) -> None:
        """After `images` real images in all, `new` of them since the last update."""
        half_life = min(self.half_life, 0.05 * images) if self.half_life else 0.0
        if self.buffers[0]:  # such as a spectral norm's vectors: the weights depend on them
            torch._foreach_copy_(*self.buffers)
        torch._foreach_lerp_(self.params, self.source, 1.0 - 0.5 ** (new / half_life) if half_life else 1.0)
