"""The settings of a run: everything about training that is not an option of a part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ganzoo.interfaces.bounds import Beta, Count, Positive, Width


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Written with `-s name=value`; else what the parts of the recipe recommend; else these values.

    A schedule may stand for a float: the field is then a `Schedule`, or a tuple with one.
    """

    images: Count = 100_000
    """The budget: real images shown to D. Rounded up to whole rounds of d_steps moves of D and one of G."""
    batch: Width = 64
    """Images in one move."""
    shards: Count = 1
    """Parts that a batch is cut into; gradients are averaged over them. Divides `batch`."""
    latent: Width = 64
    """Width of z."""
    d_steps: Count = 1
    """Moves of D to each move of G."""
    lr: Positive = 2e-4
    """Learning rate of Adam."""
    ttur: Positive = 1.0
    """D's learning rate as a multiple of `lr` (two time-scale update rule, Heusel et al. 2017)."""
    betas: tuple[Beta, Beta] = (0.0, 0.9)
    """Adam's decay rates."""
    decay: Literal["none", "linear", "cosine"] = "none"
    """How both learning rates fall to zero over the budget; with one, the budget is part of the recipe's id."""
    precision: Literal["auto", "fp32", "tf32", "bf16"] = "auto"
    """Of the arithmetic inside G and D in training; auto is bf16 on CUDA from compute capability 8.0, else fp32. tf32
    needs such a device too: products as of TF32's 10 bits, sums in fp32."""
    ema: Positive | None = 5_000.0
    """Half-life, in images, of the average of G's weights that samples come from; `off` for none."""

    @property
    def round(self) -> int:
        """Real images in one round: `d_steps` moves of D and one of G."""
        return self.batch * self.d_steps

    @property
    def rounds(self) -> int:
        """Rounds in the budget; also the moves of G."""
        return -(-self.images // self.round)

    @property
    def total(self) -> int:
        """The budget in whole rounds: real images that a finished run has seen."""
        return self.rounds * self.round
