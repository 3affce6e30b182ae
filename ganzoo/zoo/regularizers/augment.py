"""D sees reals and fakes only after random changes, through which G learns too."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from msgspec import Meta
from torch import Tensor

from ganzoo.interfaces.bounds import Count, NonNegative
from ganzoo.interfaces.terms import Game, Regularizer, Turn, then
from ganzoo.zoo.nn.augment import policy, sometimes

Share = Annotated[float, Meta(ge=0, le=1)]


@dataclass(kw_only=True)
class Augmented(Regularizer):
    """What they share: the changes, those of Zhao et al. 2020 and as strong. An option of 0 leaves one out."""

    color: Share = 1.0
    """Brightness, saturation and contrast, as a share of the paper's."""
    translation: Share = 0.125
    """The longest shift, as a share of a side."""
    cutout: Share = 0.5
    """The side of the square that is blanked, as a share of the image's."""
    order: ClassVar[int] = 0
    capturable = True


@dataclass(kw_only=True)
class DiffAugment(Augmented):
    """L_D and L_G of T(x) and T(G(z)), T random and differentiable (Zhao et al. 2020)."""

    def turn(self, t: Turn) -> None:
        """Add to the view."""
        for augment in policy(self.color, self.translation, self.cutout):
            t.view = then(t.view, augment)


@dataclass(kw_only=True)
class ADA(Augmented):
    """Each change happens with probability p, which follows D's overfitting r_t = E sign(D(x)) (Karras et al. 2020).

    p rises by a fixed amount where r_t is above the target, and falls by it where r_t is below (section 3); a score
    of a relativistic loss is read as D(x) - D(G(z)), since only that has a zero. The log shows p. The changes are those
    of `diffaug`, which are fewer than the paper's.
    """

    target: Annotated[float, Meta(ge=-1, le=1)] = 0.6
    """r_t that p is to bring about."""
    speed: Count = 500_000
    """Real images shown to D in which p can go from 0 to 1."""
    every: Count = 4
    """p is adjusted on each N-th move of D, N times as much."""
    weight: NonNegative = field(default=1.0, init=False, repr=False)

    def attach(self, game: Game) -> None:
        """p starts at 0."""
        self.state["p"] = game.d.flat.new_zeros(())

    def turn(self, t: Turn) -> None:
        """Add to the view."""
        for augment in policy(self.color, self.translation, self.cutout):
            t.view = then(t.view, sometimes(augment, self.state["p"]))

    def d(self, t: Turn) -> Tensor:
        """Adjust p. It is a constant to D."""
        score = (t.real_score - t.fake_score if t.game.loss.relativistic else t.real_score).detach()
        step = (score.sign().mean() - self.target).sign() * (self.every * t.game.batch / self.speed)
        return self.state["p"].add_(step).clamp_(0, 1).clone()
