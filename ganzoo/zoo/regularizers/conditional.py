"""Conditional games: which sample G makes, and what D judges, depends on a label y."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import cross_entropy

from ganzoo.interfaces.networks import NetSpec
from ganzoo.interfaces.terms import Regularizer, Turn
from ganzoo.support.errors import Incompatible


def take(spec: NetSpec, label: str) -> None:
    """Let a network take y, in the way `label`. Raises `Incompatible` where it takes it in another."""
    if not spec.labels:
        raise Incompatible("it needs labels, and this data has none; take data that has them, or leave it out")
    if spec.classes and spec.label != label:
        raise Incompatible(f"D takes labels already, by {spec.label}; keep one of cgan and projection")
    spec.classes, spec.label = spec.labels, label


@dataclass(kw_only=True)
class ConditionalGAN(Regularizer):
    """E log D(x|y) + E log(1 - D(G(z|y))) (Mirza, Osindero 2014, equation 2): y is put behind z and behind x.

    One-hot: columns, or a plane of the image for each class. More than 64 classes get learned codes of 64 numbers.
    Fakes are asked for the labels of the reals of the same move, so for each class as often as the data has it.
    """

    capturable = True

    def prepare(self, g: NetSpec, d: NetSpec) -> None:
        """Both take labels."""
        take(g, "concat")
        take(d, "concat")
        if "label" in d.heads:
            raise Incompatible("it shows D the label that acgan has it guess; leave one of them out")


@dataclass(kw_only=True)
class Projection(Regularizer):
    """f(x, y) = yᵀV φ(x) + ψ(φ(x)) is D's score, φ being its features (Miyato, Koyama 2018, section 3).

    G takes y behind z; add cbn for the G of the paper.
    """

    capturable = True

    def prepare(self, g: NetSpec, d: NetSpec) -> None:
        """Both take labels."""
        take(g, "concat")
        take(d, "projection")


@dataclass(kw_only=True)
class AuxiliaryClassifier(Regularizer):
    """D and G maximise L_C = E log P(C = c | x) + E log P(C = c | G(z, c)) (Odena, Olah, Shlens 2017, equation 3).

    P is a head of D. The first part does not depend on G, so G has the second alone.
    """

    capturable = True

    def prepare(self, g: NetSpec, d: NetSpec) -> None:
        """G takes labels; D guesses them."""
        take(g, "concat")
        d.heads["label"] = d.labels

    def d(self, t: Turn) -> Tensor:
        """Cross-entropy of the label head on reals and on fakes."""
        assert t.y is not None
        return cross_entropy(t.real_out["label"], t.y) + self.g(t)

    def g(self, t: Turn) -> Tensor:
        """Cross-entropy of the label head on fakes."""
        assert t.fake_y is not None
        return cross_entropy(t.fake_out["label"], t.fake_y)


@dataclass(kw_only=True)
class ConditionalBatchNorm(Regularizer):
    """γ_y x̂ + β_y in G's normalisation, and y nowhere else in G (Dumoulin et al. 2017; de Vries et al. 2017).

    Beside projection as in Miyato, Koyama 2018, or beside cgan or acgan: if nothing in D judged labels, G could leave
    them unheeded.
    """

    order: ClassVar[int] = 90
    """After those that say how D takes labels."""
    capturable = True

    def prepare(self, g: NetSpec, d: NetSpec) -> None:
        """G takes labels in its normalisation instead of behind z."""
        g.label = "norm"
        take(g, "norm")
        if not d.classes and "label" not in d.heads:
            raise Incompatible("G takes labels, but nothing in D judges them; add projection, acgan or cgan")
