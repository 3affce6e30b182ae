"""Losses: what the game is about. Scores are logits, never probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from msgspec import Meta
from torch import Tensor
from torch.nn.functional import relu, softplus

from ganzoo.interfaces.terms import Loss, Turn


@dataclass(kw_only=True)
class BCE(Loss):
    """Cross-entropy, with G's non-saturating loss (Goodfellow et al. 2014, section 3).

    D: -E log σ(D(x)) - E log(1 - σ(D(G(z)))); G: -E log σ(D(G(z))). In logits -log σ(a) = softplus(-a), and a real
    whose target is 1 - s adds s·a (one-sided label smoothing, Salimans et al. 2016, section 3.4).
    """

    smooth: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    """s: reals are labelled 1 - s."""
    capturable = True

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

    G's part saturates: where D is sure that a fake is one, G learns next to nothing from it.
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
    """Least squares (Mao et al. 2017, equation 2): D draws reals to b and fakes to a, G draws fakes to c."""

    a: float = 0.0
    """D's target for fakes."""
    b: float = 1.0
    """D's target for reals."""
    c: float = 1.0
    """G's target for fakes."""
    capturable = True

    def d(self, t: Turn) -> Tensor:
        """½ E(D(x) - b)² + ½ E(D(G(z)) - a)²."""
        return (t.real_score - self.b).square().mean() / 2 + (t.fake_score - self.a).square().mean() / 2

    def g(self, t: Turn) -> Tensor:
        """½ E(D(G(z)) - c)²."""
        return (t.fake_score - self.c).square().mean() / 2


@dataclass(kw_only=True)
class WGAN(Loss):
    """Wasserstein distance (Arjovsky, Chintala, Bottou 2017, equation 2). D must be Lipschitz: add gp or sn."""

    capturable = True

    def d(self, t: Turn) -> Tensor:
        """E D(G(z)) - E D(x)."""
        return t.fake_score.mean() - t.real_score.mean()

    def g(self, t: Turn) -> Tensor:
        """-E D(G(z))."""
        return -t.fake_score.mean()


@dataclass(kw_only=True)
class Hinge(Loss):
    """Hinge (Lim, Ye 2017; Miyato et al. 2018, equations 16 and 17)."""

    capturable = True

    def d(self, t: Turn) -> Tensor:
        """E max(0, 1 - D(x)) + E max(0, 1 + D(G(z)))."""
        return relu(1 - t.real_score).mean() + relu(1 + t.fake_score).mean()

    def g(self, t: Turn) -> Tensor:
        """-E D(G(z))."""
        return -t.fake_score.mean()


@dataclass(kw_only=True)
class RpGAN(Loss):
    """Relativistic pairing (Jolicoeur-Martineau 2018): each real against a fake, f(a) = -log(1 + e^-a)."""

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
    """Relativistic average (Jolicoeur-Martineau 2018): each sample against the mean of the other kind.

    D: -E log D̄(x) - E log(1 - D̄(G(z))), D̄(x) = σ(D(x) - E D(G(z))) and D̄(G(z)) = σ(D(G(z)) - E D(x)); G: the same
    with the two kinds exchanged. A shard is a batch: the means are over it.
    """

    relativistic: ClassVar[bool] = True
    capturable = True

    def d(self, t: Turn) -> Tensor:
        """E softplus(E D(G(z)) - D(x)) + E softplus(D(G(z)) - E D(x))."""
        return _against_mean(t.real_score, t.fake_score)

    def g(self, t: Turn) -> Tensor:
        """E softplus(E D(x) - D(G(z))) + E softplus(D(x) - E D(G(z)))."""
        return _against_mean(t.fake_score, t.real_score)


def _against_mean(high: Tensor, low: Tensor) -> Tensor:
    return softplus(low.mean() - high).mean() + softplus(low - high.mean()).mean()
