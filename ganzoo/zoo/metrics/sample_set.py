"""Samples with the features that extractors compute of them, and the generator that drew them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ganzoo.interfaces.datasets import Dataset, Extractor, Split
from ganzoo.zoo.metrics.features import BATCH, Features, Progress, extract, no_progress

DScore = Callable[..., Tensor]


class Drawn(NamedTuple):
    """Samples of a generator in the data's own units, and what it was asked for."""

    x: Tensor
    y: Tensor | None = None
    given: Tensor | None = None
    answer: Tensor | None = None


@dataclass(eq=False)
class SampleSet:
    """Samples (N, ...) in the data's own units. Features of each extractor are computed once."""

    data: Dataset
    x: Tensor
    y: Tensor | None = None
    """(N,) int64, the classes that were requested of the generator."""
    given: Tensor | None = None
    """(N, ...) what each sample was made of, in the data's own units, where the generator is given something."""
    answer: Tensor | None = None
    """(N, ...) the real samples that belong to what was given, where the data is paired."""

    @classmethod
    def of(cls, data: Dataset, split: Split) -> SampleSet:
        """Real samples, which are the answers to what is given with them."""
        paired = split.given is not None and split.paired
        return SampleSet(data, split.x, split.y, *((split.given, split.x) if paired else ()))

    def __post_init__(self) -> None:
        self._parent: tuple[SampleSet, Tensor | slice] | None = None
        self._features: dict[str, Features] = {}

    def __len__(self) -> int:
        return len(self.x)

    def features_of(self, extractor: Extractor, progress: Progress = no_progress) -> Tensor:
        """(N, F) float32, kept: the extractor sees each sample once."""
        if self._parent is None:
            return self._extracted(extractor, progress).whole
        parent, rows = self._parent
        return parent.features_of(extractor, progress)[rows]

    def feature_batches(self, extractor: Extractor, progress: Progress = no_progress) -> Iterator[Tensor]:
        """The same in batches, in little memory. They are kept only for samples that `pick` gave."""
        if self._parent is None and extractor.key not in self._features:
            return (batch.float() for batch in extract(extractor, self.x, progress))
        return self._batches(extractor, progress, 0, len(self))

    def _extracted(self, extractor: Extractor, progress: Progress) -> Features:
        if extractor.key not in self._features:
            self._features[extractor.key] = Features(extract(extractor, self.x, progress), len(self))
        return self._features[extractor.key]

    def _batches(self, extractor: Extractor, progress: Progress, start: int, stop: int) -> Iterator[Tensor]:
        if self._parent is None:
            return self._extracted(extractor, progress).batches(start, stop)
        parent, rows = self._parent
        if isinstance(rows, slice):
            first = rows.start or 0
            return parent._batches(extractor, progress, first + start, first + stop)
        features = parent.features_of(extractor, progress)
        return (features[some] for some in torch.split(rows[start:stop], BATCH))

    @property
    def features(self) -> Tensor:
        """(N, F) float32, of the data's own extractor."""
        return self.features_of(self.data.extractor)

    @cached_property
    def modes(self) -> Tensor:
        """(N,) int64, -1 for none. Computed from the features where the data has `modes_of(features)`."""
        modes_of = getattr(self.data, "modes_of", None)
        modes: Tensor = modes_of(self.features) if modes_of else self.data.modes(self.x)
        return modes

    def pick(self, rows: Tensor | slice) -> SampleSet:
        """Some of the samples. Their features are rows of the features of all."""
        parts = (None if part is None else part[rows] for part in (self.y, self.given, self.answer))
        picked = SampleSet(self.data, self.x[rows], *parts)
        picked._parent = self, rows
        return picked


@dataclass(frozen=True, kw_only=True)
class SampleSource:
    """The generator behind samples, for metrics that draw more of them or look at the networks."""

    draw: Callable[[int], Drawn]
    """n -> samples in the data's units, and what the generator was asked for; always from the same seed."""
    generator: Callable[..., Tensor]
    """z (N, latent), y (N,) or None, given (N, ...) in the data's units or None -> samples in the data's units."""
    latent: int
    classes: int = 0
    """Classes that the generator takes; 0 if it takes none."""
    find_discriminator: Callable[[], DScore | None] = lambda: None
    network: Callable[[str], nn.Module] | None = None
    """Of a run: "generator", "discriminator" or a companion's name -> the network, as `Run.network` returns it."""

    @cached_property
    def discriminator(self) -> DScore | None:
        """Samples in the data's units, y, given -> (N,) scores of D; None where D scores no single samples."""
        return self.find_discriminator()
