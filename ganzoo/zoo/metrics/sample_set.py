"""Samples, with what frozen networks see in them, and what made them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from ganzoo.interfaces.datasets import Dataset, Extractor
from ganzoo.zoo.metrics.features import BATCH, Features, Watch, extract, unwatched


@dataclass(eq=False)
class Measured:
    """Samples in the data's own units, (N, *shape), with what frozen networks see in them, computed once."""

    data: Dataset
    x: Tensor
    y: Tensor | None = None
    """(N,) int64, the classes that the samples were asked to be of."""

    def __post_init__(self) -> None:
        self.whole: tuple[Measured, Tensor | slice] | None = None
        self._kept: dict[str, Features] = {}

    def __len__(self) -> int:
        return len(self.x)

    def seen(self, extractor: Extractor, watch: Watch = unwatched) -> Tensor:
        """(N, F) float32: the features that `extractor` gives, kept. It looks at each sample once."""
        if self.whole is None:
            return self._keep(extractor, watch).whole
        of, rows = self.whole
        return of.seen(extractor, watch)[rows]

    def parts(self, extractor: Extractor, watch: Watch = unwatched) -> Iterator[Tensor]:
        """The same in parts, in little memory; of samples that are no part of others they are not kept."""
        if self.whole is None and extractor.key not in self._kept:
            return (part.float() for part in extract(extractor, self.x, watch))
        return self._blocks(extractor, watch, 0, len(self))

    def _keep(self, extractor: Extractor, watch: Watch) -> Features:
        if extractor.key not in self._kept:
            self._kept[extractor.key] = Features(extract(extractor, self.x, watch), len(self))
        return self._kept[extractor.key]

    def _blocks(self, extractor: Extractor, watch: Watch, start: int, stop: int) -> Iterator[Tensor]:
        if self.whole is None:
            return self._keep(extractor, watch).blocks(start, stop)
        of, rows = self.whole
        if isinstance(rows, slice):
            first = rows.start or 0
            return of._blocks(extractor, watch, first + start, first + stop)
        seen = of.seen(extractor, watch)
        return (seen[some] for some in torch.split(rows[start:stop], BATCH))

    @property
    def features(self) -> Tensor:
        """(N, F) float32, of the data's own extractor."""
        return self.seen(self.data.extractor)

    @cached_property
    def modes(self) -> Tensor:
        """(N,) int64, -1 for none. Told from the features where the data can: `modes_of(features)`."""
        told = getattr(self.data, "modes_of", None)
        found: Tensor = told(self.features) if told else self.data.modes(self.x)
        return found

    def pick(self, rows: Tensor | slice) -> Measured:
        """Some of the samples, whose features are looked up among all."""
        part = Measured(self.data, self.x[rows], None if self.y is None else self.y[rows])
        part.whole = self, rows
        return part


@dataclass(frozen=True, kw_only=True)
class Source:
    """What made samples, where it is at hand."""

    draw: Callable[[int], tuple[Tensor, Tensor | None]]
    """n -> samples in the data's units, and their classes if it takes any: always from the same seed."""
    generator: Callable[[Tensor, Tensor | None], Tensor]
    """z (N, latent), y (N,) or None -> samples in the data's units."""
    latent: int
    classes: int = 0
    """> 0: it takes classes."""
    discriminator: Callable[[Tensor, Tensor | None], Tensor] | None = None
    """Samples in the data's units, y -> (N,) scores."""
    network: Callable[[str], nn.Module] | None = None
    """Of a run: "generator", "discriminator" or a companion's name -> the network itself, as `Run.network`."""
