"""What generated samples are good for: training a classifier of real ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from ganzoo.interfaces.bounds import Count
from ganzoo.support.errors import Incompatible
from ganzoo.support.seeds import seed_of
from ganzoo.zoo.metrics.base import Evaluation
from ganzoo.zoo.metrics.baselines import MOST, Values
from ganzoo.zoo.metrics.sample_set import Measured

CLASSES = 100
"""The most that a logistic regression is trained for here."""
DRAWS = 5
"""Of the k real samples of a class."""


def accuracy(x: Tensor, y: Tensor, test_x: Tensor, test_y: Tensor) -> float:
    """Of a logistic regression on features (N, F), each brought to mean 0 and deviation 1, on held-out ones."""
    from sklearn.linear_model import LogisticRegression  # slow to import
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if len(torch.bincount(y).nonzero()) < 2:
        return (test_y == y[0]).double().mean().item()
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2_000))
    model.fit(x.double().numpy(), y.numpy())
    return float(np.mean(model.predict(test_x.double().numpy()) == test_y.numpy()))


def labelled(e: Evaluation, name: str) -> Measured:
    """Samples and the classes that they were asked to be of: 10,000 at most. Raises `Incompatible` without."""
    if e.y is None or e.data.train.y is None or e.data.test.y is None:
        raise Incompatible(
            f"{name} needs samples that were asked to be of a class; give a run of a conditional generator, or an .npz "
            "with an array y beside the samples, and data with labels"
        )
    if e.data.labels > CLASSES:
        raise Incompatible(f"{name} trains a classifier of {CLASSES} classes at most, not {e.data.labels:,}")
    return e.take(min(len(e.x), len(e.data.train.x), MOST))


@dataclass
class CAS:
    """The accuracy on real held-out samples of a classifier trained on generated ones alone.

    The classification accuracy score (Ravuri, Vinyals 2019, arXiv:1905.10887). `cas.real` is that of one trained on as
    many real ones. Theirs is a ResNet-50; this is a logistic regression on the features of an extractor that has seen
    no labels: a judge's would know the classes already.
    """

    extractor: str = "pixels"
    """What the classifier sees."""

    better: ClassVar[Mapping[str, str]] = {"cas": "higher"}

    def __call__(self, e: Evaluation) -> Values:
        """Keys name the extractor, the split that it is tested on, and n. Raises `Incompatible` without classes."""
        fake, ex = labelled(e, "cas"), e.extractor(self.extractor)
        test, real = e.split("test"), e.reals(len(fake))
        assert fake.y is not None and test.y is not None and real.y is not None  # noqa: PT018
        held = test.seen(ex, e.watch), test.y
        protocol = f"{ex.key},ref={e.reference('test')},n={len(fake)}"
        best = e.once(("cas", protocol), lambda: accuracy(real.seen(ex, e.watch), real.y, *held))  # type: ignore[arg-type]
        found = accuracy(fake.seen(ex, e.watch), fake.y, *held)
        return {f"cas[{protocol}]": found, f"cas.real[{protocol}]": best}


@dataclass
class Augmentation:
    """What generated samples add to k real ones of each class, for a classifier of held-out ones.

    The accuracy of a logistic regression trained on both, minus that of one trained on the k alone, which is
    `augmentation.alone`. Means of five draws of the k. Above 0 the generator, which has seen all of the train split,
    passes on what the k do not tell; below, its samples mislead. There are 10,000 generated samples at most.
    """

    extractor: str = "pixels"
    """What the classifier sees."""
    k: Count = 10
    """Real samples of each class."""

    better: ClassVar[Mapping[str, str]] = {"augmentation": "higher"}

    def __call__(self, e: Evaluation) -> Values:
        """Keys name the extractor, the split that it is tested on, n and k. Raises `Incompatible` without classes."""
        fake, ex = labelled(e, "augmentation"), e.extractor(self.extractor)
        test, train = e.split("test"), e.data.train
        assert fake.y is not None and test.y is not None and train.y is not None  # noqa: PT018
        held, alone, both = (test.seen(ex, e.watch), test.y), 0.0, 0.0
        for draw in range(DRAWS):
            rows = _few(train.y, self.k, draw)
            x, y = ex(train.x[rows]), train.y[rows]
            alone += accuracy(x, y, *held) / DRAWS
            both += accuracy(torch.cat([x, fake.seen(ex, e.watch)]), torch.cat([y, fake.y]), *held) / DRAWS
        protocol = f"{ex.key},ref={e.reference('test')},n={len(fake)},k={self.k}"
        return {f"augmentation[{protocol}]": both - alone, f"augmentation.alone[{protocol}]": alone}


def _few(y: Tensor, k: int, draw: int) -> Tensor:
    """Rows of k random samples of each class, or of all where there are fewer."""
    generator = torch.Generator().manual_seed(seed_of("few", draw))
    order = torch.randperm(len(y), generator=generator)
    return torch.cat([order[y[order] == label][:k] for label in range(int(y.max()) + 1)])
