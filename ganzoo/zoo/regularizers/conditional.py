"""Conditional GANs: G's samples and D's score depend on a class label y, or on what the data gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import cross_entropy

from ganzoo.interfaces.networks import NetSpec
from ganzoo.interfaces.terms import Regularizer
from ganzoo.interfaces.turn import Turn
from ganzoo.support.errors import Incompatible


def give_labels(spec: NetSpec, label: str) -> None:
    """Let a network take y by the method `label`. Raises `Incompatible` without labels, or with another method set."""
    if not spec.labels:
        raise Incompatible(
            "it needs labels, and this data has none; use labelled data, such as npz:FILE with an array y beside the "
            "samples, or leave it out"
        )
    if spec.classes and spec.label != label:
        raise Incompatible(f"D takes labels already, by {spec.label}; keep only one of cgan and projection")
    spec.classes, spec.label = spec.labels, label


@dataclass(kw_only=True)
class ConditionalGAN(Regularizer):
    """min_G max_D E log D(x|y) + E log(1 - D(G(z|y))) (Mirza, Osindero 2014, equation 2).

    y is appended to z and to x, one-hot: as columns, or as one plane of the image per class. More than 64 classes are
    embedded in 64 numbers. Fakes have the labels of the same move's reals, and so the class frequencies of the data.
    """

    capturable = True

    def prepare(self, g: NetSpec, d: NetSpec) -> None:
        """Give labels to both networks."""
        give_labels(g, "concat")
        give_labels(d, "concat")
        if "label" in d.heads:
            raise Incompatible("it gives D the label that acgan lets it predict; leave one of them out")


@dataclass(kw_only=True)
class Given(Regularizer):
    """min_G max_D E log D(x, c) + E log(1 - D(G(z, c), c)) for whatever the data gives with x (Isola et al. 2017).

    c is an image, a vector, or anything else that the data set gives; the loss may be any.
    """

    capturable = True

    def prepare(self, g: NetSpec, d: NetSpec) -> None:
        """Give c to both networks."""
        if not g.source:
            raise Incompatible("it gives networks what the data gives with each sample, and this data gives nothing")
        g.given, d.given = g.source, d.source


@dataclass(kw_only=True)
class Projection(Regularizer):
    """D's score is f(x, y) = yᵀ V φ(x) + ψ(φ(x)), φ(x) being its features (Miyato, Koyama 2018, section 3).

    In G, y is appended to z; add `cbn` for the G of the paper.
    """

    capturable = True

    def prepare(self, g: NetSpec, d: NetSpec) -> None:
        """Give labels to both networks."""
        give_labels(g, "concat")
        give_labels(d, "projection")


@dataclass(kw_only=True)
class AuxiliaryClassifier(Regularizer):
    """D and G maximise L_C = E log P(C = c | x) + E log P(C = c | G(z, c)) (Odena, Olah, Shlens 2017, equation 3).

    P is a head of D. Only the second part depends on G, so G's move computes it alone.
    """

    capturable = True

    def prepare(self, g: NetSpec, d: NetSpec) -> None:
        """Give labels to G, and a classification head to D."""
        give_labels(g, "concat")
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
    """y enters G only through the gain and bias of its normalisation: γ_y x̂ + β_y (Dumoulin et al. 2017).

    Combine it with `projection`, as in Miyato, Koyama 2018, or with `cgan` or `acgan`: unless D judges labels, nothing
    makes G use them.
    """

    order: ClassVar[int] = 90
    """After the parts that decide how D takes labels."""
    capturable = True

    def prepare(self, g: NetSpec, d: NetSpec) -> None:
        """Give labels to G's normalisation instead of appending them to z."""
        g.label = "norm"
        give_labels(g, "norm")
        if not d.classes and "label" not in d.heads:
            raise Incompatible("G takes labels, but nothing in D judges them; add projection, acgan or cgan")
