"""ImageOperation of every sample that D sees, real or fake. G's gradient passes through it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from msgspec import Meta
from torch import Tensor

from ganzoo.interfaces.bounds import Count, NonNegative
from ganzoo.interfaces.terms import Game, Regularizer, Turn, then
from ganzoo.zoo.nn.augmentations import policy, with_probability

Share = Annotated[float, Meta(ge=0, le=1)]


@dataclass(kw_only=True)
class AugmentationPolicy(Regularizer):
    """The augmentations of Zhao et al. 2020 and their strengths, shared by `diffaug` and `ada`. 0 leaves one out."""

    color: Share = 1.0
    """Strength of random brightness, saturation and contrast; 1 is the paper's."""
    translation: Share = 0.125
    """The longest shift, as a share of a side."""
    cutout: Share = 0.5
    """The side of the square that is set to 0, as a share of the image's side."""
    order: ClassVar[int] = 0
    capturable = True


@dataclass(kw_only=True)
class DiffAugment(AugmentationPolicy):
    """D sees T(x) and T(G(z)) in both players' moves, T random and differentiable (Zhao et al. 2020)."""

    def turn(self, t: Turn) -> None:
        """Augment what D sees."""
        for augment in policy(self.color, self.translation, self.cutout):
            t.view = then(t.view, augment)


@dataclass(kw_only=True)
class ADA(AugmentationPolicy):
    """Each augmentation is applied with probability p, adapted to D's overfitting r_t = E sign(D(x)).

    Karras et al. 2020, equation 1 and section 3: p rises by a fixed amount where r_t is above the target, and falls by
    it where r_t is below. Scores of a relativistic loss have no zero of their own, so there r_t = E sign(D(x) -
    D(G(z))). The augmentations are those of `diffaug`, fewer than the paper's. The log shows p.
    """

    target: Annotated[float, Meta(ge=-1, le=1)] = 0.6
    """The value of r_t at which p stays."""
    speed: Count = 500_000
    """Real images shown to D in which p can go from 0 to 1."""
    every: Count = 4
    """p is adjusted on every N-th move of D, by N times as much."""
    weight: NonNegative = field(default=1.0, init=False, repr=False)

    def attach(self, game: Game) -> None:
        """Start with p = 0."""
        self.state["p"] = game.d.flat.new_zeros(())

    def turn(self, t: Turn) -> None:
        """Augment what D sees."""
        for augment in policy(self.color, self.translation, self.cutout):
            t.view = then(t.view, with_probability(self.state["p"], augment))

    def d(self, t: Turn) -> Tensor:
        """Adjust p and return it: a constant, which adds nothing to D's gradient."""
        score = (t.real_score - t.fake_score if t.game.loss.relativistic else t.real_score).detach()
        step = (score.sign().mean() - self.target).sign() * (self.every * t.game.batch / self.speed)
        return self.state["p"].add_(step).clamp_(0, 1).clone()
