"""How useful generated samples are for training a classifier of real ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ganzoo.interfaces.bounds import Count
from ganzoo.interfaces.datasets import Extractor
from ganzoo.interfaces.scores import Score
from ganzoo.support.errors import Incompatible
from ganzoo.support.seeds import seed_of
from ganzoo.zoo.datasets.base import IdentityFeatures
from ganzoo.zoo.metrics.base import Evaluation, SampleSet
from ganzoo.zoo.metrics.baselines import MAX_SAMPLES

CLASSIFIER = "logistic"
"""In protocols: the classifier is a logistic regression, not a network."""
MAX_CLASSES = 100
"""The most that a logistic regression is trained for here."""
DRAWS = 5
"""Random choices of the k real samples of a class."""


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


def labelled(e: Evaluation, name: str) -> SampleSet:
    """Samples with the classes requested of the generator: 10,000 at most. Raises `Incompatible` without classes."""
    if e.y is None or e.data.train.y is None or e.data.test.y is None:
        raise Incompatible(
            f"{name} needs samples with the class of each; give a run of a conditional generator, or an .npz file with "
            "an array y next to the samples, and data with labels"
        )
    if e.data.labels > MAX_CLASSES:
        raise Incompatible(f"{name} trains a classifier of {MAX_CLASSES} classes at most, not {e.data.labels:,}")
    return e.samples(min(len(e.x), len(e.data.train.x), MAX_SAMPLES))


def unlabelled_extractor(e: Evaluation, name: str) -> Extractor:
    """The extractor of that name; what is to images their pixels are to other data the samples themselves."""
    return IdentityFeatures() if name == "pixels" and e.data.kind != "image" else e.extractor(name)


@dataclass
class CAS:
    """The accuracy on real held-out samples of a classifier trained on generated ones alone.

    The classification accuracy score (Ravuri, Vinyals 2019, arXiv:1905.10887). `cas.real` is the accuracy if it is
    trained on as many real ones. The paper's is a ResNet-50; this is a logistic regression, as the protocol says, on
    the features of an extractor that has seen no labels, since a judge's features know the classes already.
    """

    extractor: str = "pixels"
    """Whose features; pixels of other data than images are the samples themselves."""

    better = {"cas": "higher"}
    scale = {"cas": "share"}

    def __call__(self, e: Evaluation) -> list[Score]:
        """The protocol names classifier, extractor, split tested on, and n. Raises `Incompatible` without classes."""
        fake, extractor = labelled(e, "cas"), unlabelled_extractor(e, self.extractor)
        test, real = e.whole_split("test"), e.training_samples(len(fake))
        protocol = f"{CLASSIFIER},{extractor.key},ref={e.reference('test')},n={len(fake)}"

        def score(train: SampleSet) -> float:
            assert train.y is not None and test.y is not None  # noqa: PT018
            x, test_x = (samples.features_of(extractor, e.progress) for samples in (train, test))
            return accuracy(x, train.y, test_x, test.y)

        best = e.cached(("cas", protocol), lambda: score(real))
        return [Score("cas", protocol, score(fake)), Score("cas.real", protocol, best)]


@dataclass
class Augmentation:
    """How much generated samples improve a classifier that is trained on k real ones of each class.

    The accuracy on held-out data of a logistic regression trained on both, minus that of one trained on the k alone,
    which is `augmentation.alone`. Means of five random choices of the k. Above 0 the generator, which has seen all of
    the train split, adds what the k lack; below, its samples mislead. There are 10,000 generated samples at most.
    """

    extractor: str = "pixels"
    """Whose features; pixels of other data than images are the samples themselves."""
    k: Count = 10
    """Real samples of each class."""

    better = {"augmentation": "higher"}
    scale = {"augmentation": "plain"}

    def __call__(self, e: Evaluation) -> list[Score]:
        """The protocol names classifier, extractor, split, n and k. Raises `Incompatible` without classes."""
        fake, extractor = labelled(e, "augmentation"), unlabelled_extractor(e, self.extractor)
        test, train = e.whole_split("test"), e.data.train
        assert fake.y is not None and test.y is not None and train.y is not None  # noqa: PT018
        held_out, alone, both = (test.features_of(extractor, e.progress), test.y), 0.0, 0.0
        for draw in range(DRAWS):
            rows = _few_of_each(train.y, self.k, draw)
            x, y = extractor(train.x[rows]), train.y[rows]
            alone += accuracy(x, y, *held_out) / DRAWS
            x, y = torch.cat([x, fake.features_of(extractor, e.progress)]), torch.cat([y, fake.y])
            both += accuracy(x, y, *held_out) / DRAWS
        protocol = f"{CLASSIFIER},{extractor.key},ref={e.reference('test')},n={len(fake)},k={self.k}"
        return [Score("augmentation", protocol, both - alone), Score("augmentation.alone", protocol, alone)]


def _few_of_each(y: Tensor, k: int, draw: int) -> Tensor:
    """Rows of k random samples of each class, or of all if it has fewer."""
    generator = torch.Generator().manual_seed(seed_of("few", draw))
    order = torch.randperm(len(y), generator=generator)
    return torch.cat([order[y[order] == label][:k] for label in range(int(y.max()) + 1)])
