"""Losses: what G and D compete over. D's scores are logits, never probabilities; D(x) below is a score."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

from msgspec import Meta
from torch import Tensor
from torch.nn.functional import relu, softplus

from ganzoo.interfaces.terms import Loss
from ganzoo.interfaces.turn import Turn


@dataclass(kw_only=True)
class BCE(Loss):
    """Binary cross-entropy with the non-saturating loss of G (Goodfellow et al. 2014, section 3).

    D minimises -E log σ(D(x)) - E log(1 - σ(D(G(z)))), G minimises -E log σ(D(G(z))). On logits, -log σ(a) is
    softplus(-a). One-sided label smoothing (Salimans et al. 2016, section 3.4) gives reals the target 1 - s, which
    adds s·D(x).
    """

    smooth: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    """s: the target of reals is 1 - s."""
    capturable = True

    @property
    def boundary(self) -> float | Tensor:
        """log((1 - s) / (1 + s)): D's best score where a sample is as likely real as fake."""
        ratio = (1 - self.smooth) / (1 + self.smooth)
        return ratio.log() if isinstance(ratio, Tensor) else math.log(ratio)

    def d(self, t: Turn) -> Tensor:
        """E softplus(-D(x)) + s·E D(x) + E softplus(D(G(z)))."""
        real = softplus(-t.real_score) + self.smooth * t.real_score
        return real.mean() + softplus(t.fake_score).mean()

    def g(self, t: Turn) -> Tensor:
        """E softplus(-D(G(z)))."""
        return softplus(-t.fake_score).mean()


@dataclass(kw_only=True)
class Minimax(Loss):
    """min_G max_D E log σ(D(x)) + E log(1 - σ(D(G(z)))) (Goodfellow et al. 2014, equation 1).

    G's loss saturates: its gradient vanishes where D is sure that a sample is fake.
    """

    capturable = True

    def d(self, t: Turn) -> Tensor:
        """E softplus(-D(x)) + E softplus(D(G(z)))."""
        return softplus(-t.real_score).mean() + softplus(t.fake_score).mean()

    def g(self, t: Turn) -> Tensor:
        """-E softplus(D(G(z)))."""
        return -softplus(t.fake_score).mean()


@dataclass(kw_only=True)
class LSGAN(Loss):
    """Least squares (Mao et al. 2017, equation 2): D's targets are b for reals and a for fakes, G's target is c."""

    a: float = 0.0
    """D's target for fakes."""
    b: float = 1.0
    """D's target for reals."""
    c: float = 1.0
    """G's target for fakes."""
    capturable = True

    @property
    def boundary(self) -> float:
        """Midway between both targets of D."""
        return (self.a + self.b) / 2

    def d(self, t: Turn) -> Tensor:
        """½ E(D(x) - b)² + ½ E(D(G(z)) - a)²."""
        return (t.real_score - self.b).square().mean() / 2 + (t.fake_score - self.a).square().mean() / 2

    def g(self, t: Turn) -> Tensor:
        """½ E(D(G(z)) - c)²."""
        return (t.fake_score - self.c).square().mean() / 2


@dataclass(kw_only=True)
class WGAN(Loss):
    """Wasserstein distance sup E D(x) - E D(G(z)) over 1-Lipschitz D (Arjovsky, Chintala, Bottou 2017, equation 2).

    D must be kept Lipschitz: add `gp`, `sn` or `clip`.
    """

    capturable = True
    boundary = None

    def d(self, t: Turn) -> Tensor:
        """E D(G(z)) - E D(x)."""
        return t.fake_score.mean() - t.real_score.mean()

    def g(self, t: Turn) -> Tensor:
        """-E D(G(z))."""
        return -t.fake_score.mean()


@dataclass(kw_only=True)
class Hinge(Loss):
    """Hinge loss (Lim, Ye 2017; as in Miyato et al. 2018, equations 16 and 17).

    D maximises E min(0, -1 + D(x)) + E min(0, -1 - D(G(z))), G minimises -E D(G(z)).
    """

    capturable = True

    def d(self, t: Turn) -> Tensor:
        """E max(0, 1 - D(x)) + E max(0, 1 + D(G(z)))."""
        return relu(1 - t.real_score).mean() + relu(1 + t.fake_score).mean()

    def g(self, t: Turn) -> Tensor:
        """-E D(G(z))."""
        return -t.fake_score.mean()


@dataclass(kw_only=True)
class RpGAN(Loss):
    """Relativistic pairing GAN: D compares each real with a fake (RSGAN, Jolicoeur-Martineau 2018).

    D minimises -E log σ(D(x) - D(G(z))), G minimises -E log σ(D(G(z)) - D(x)).
    """

    relativistic: ClassVar[bool] = True
    capturable = True

    def d(self, t: Turn) -> Tensor:
        """E softplus(-(D(x) - D(G(z))))."""
        return softplus(t.fake_score - t.real_score).mean()

    def g(self, t: Turn) -> Tensor:
        """E softplus(-(D(G(z)) - D(x)))."""
        return softplus(t.real_score - t.fake_score).mean()


@dataclass(kw_only=True)
class RaGAN(Loss):
    """Relativistic average GAN: D compares each sample with the other kind's mean (RaSGAN, Jolicoeur-Martineau 2018).

    D minimises -E log D̄(x) - E log(1 - D̄(G(z))), G minimises -E log D̄(G(z)) - E log(1 - D̄(x)), where
    D̄(x) = σ(D(x) - E D(G(z))) and D̄(G(z)) = σ(D(G(z)) - E D(x)). The means are taken over a shard.
    """

    relativistic: ClassVar[bool] = True
    capturable = True

    def d(self, t: Turn) -> Tensor:
        """E softplus(E D(G(z)) - D(x)) + E softplus(D(G(z)) - E D(x))."""
        return _relative_to_mean(t.real_score, t.fake_score)

    def g(self, t: Turn) -> Tensor:
        """E softplus(E D(x) - D(G(z))) + E softplus(D(x) - E D(G(z)))."""
        return _relative_to_mean(t.fake_score, t.real_score)


def _relative_to_mean(raised: Tensor, lowered: Tensor) -> Tensor:
    """The loss of a player who wants `raised` scores above the mean of `lowered` ones, and vice versa."""
    return softplus(lowered.mean() - raised).mean() + softplus(lowered - raised.mean()).mean()
