"""What a metric is called with: generated samples, and the real data that they are compared with."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import ClassVar, Protocol, TypeVar

import torch
from torch import Tensor

from ganzoo.interfaces.datasets import Dataset, Extractor
from ganzoo.interfaces.scores import Score
from ganzoo.support.errors import Incompatible, Unavailable
from ganzoo.support.seeds import seed_of
from ganzoo.zoo.datasets.base import IdentityFeatures
from ganzoo.zoo.metrics.cache import Statistics, stored
from ganzoo.zoo.metrics.features import Progress, no_progress
from ganzoo.zoo.metrics.sample_set import SampleSet, SampleSource

__all__ = ["Evaluation", "Metric", "SampleSet", "SampleSource"]

T = TypeVar("T")
LARGE = 2**22
"""Numbers in a train split from which on its statistics are kept on disk."""
FindExtractor = Callable[[str], Callable[[Dataset], Extractor]]
"""The name that a metric's option gives, such as "judge", "randconv" or "inception" -> data -> extractor."""


def own_extractor(name: str) -> Callable[[Dataset], Extractor]:
    """Finds the data's own extractor only, "judge"."""
    if name != "judge":
        raise Incompatible(
            f"the extractor {name} cannot be looked up here; evaluate with ganzoo.evaluation.evaluate, or take judge"
        )
    return lambda data: data.extractor


@dataclass(eq=False)
class Evaluation(SampleSet):
    """Generated samples, and real samples of the same data to compare them with."""

    source: SampleSource | None = None
    """The generator behind the samples; None for samples from a file."""
    find_extractor: FindExtractor = own_extractor
    progress: Progress = no_progress
    notes: list[str] = field(default_factory=list)
    """What a reader of the scores should know: a sentence each."""
    _drawn: SampleSet | None = field(default=None, init=False, repr=False)

    @property
    def judge_prefix(self) -> str:
        """The start of a protocol: "digits-judge-v1@1a2b3c4d,", or "" for data that is compared as it is, as points."""
        key = self.data.extractor.key
        return "" if key == IdentityFeatures.key else f"{key},"

    @property
    def has_options(self) -> bool:
        """Whether the data set has options, such as a path, so that its name alone does not say what it holds."""
        return is_dataclass(self.data) and any(field.init for field in fields(self.data))

    def reference(self, split: str) -> str:
        """The split that samples are compared with: "digits/train:1297", "folder@1a2b3c4d5e6f/train:900"."""
        revision = f"@{self.data.revision}" if self.has_options else ""
        return f"{self.data.name}{revision}/{split}:{len(self.data.splits[split].x)}"

    def add_note(self, sentence: str) -> None:
        """Add to `notes` what is not there yet."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def extractor(self, name: str) -> Extractor:
        """The extractor of that name for this data. Where its weights are not available, the data's own, and a note."""
        extractor, notes = self.cached(("extractor", name), lambda: self._extractor(name))
        for sentence in notes:
            self.add_note(sentence)
        return extractor

    def _extractor(self, name: str) -> tuple[Extractor, list[str]]:
        try:
            extractor = self.find_extractor(name)(self.data)
        except Unavailable as error:
            own = self.data.extractor
            return own, [f"{error}; {own.key} is used instead, and the protocol names it"]
        return extractor, [note] if (note := getattr(extractor, "said", "")) else []

    def cached(self, key: Hashable, compute: Callable[[], T]) -> T:
        """`compute()`, kept as long as the data set object, so that all its evaluations share it."""
        kept = vars(self.data).setdefault("_kept", {})
        if key not in kept:
            kept[key] = compute()
        value: T = kept[key]
        return value

    def cached_statistics(
        self, what: str, extractor: Extractor | None, compute: Callable[[], Statistics]
    ) -> Statistics:
        """`compute()` of real data alone: `cached`, and kept on disk for large data and slow extractors."""
        key = extractor.key if extractor else "pixels"
        slow = getattr(extractor, "slow", False) or self.data.train.x.numel() >= LARGE

        def load_or_compute() -> Statistics:
            if self.data.kind == "points" or not slow:
                return compute()
            return stored({"what": what, "data": self.data.revision, "extractor": key}, compute)

        return self.cached(("statistics", what, key), load_or_compute)

    def cut(self, n: int) -> None:
        """Leave the first n samples only. Before features are computed."""
        self.x = self.x[:n]
        self.y, self.given, self.answer = (
            None if part is None else part[:n] for part in (self.y, self.given, self.answer)
        )

    def samples(self, n: int) -> SampleSet:
        """`n` generated samples: the first of these, or if there are fewer, drawn from the source.

        Raises `Incompatible` where there are too few and no source.
        """
        if n <= len(self):
            return self.pick(slice(n))
        if self.source is None:
            raise Incompatible(f"{n:,} samples are needed, but there are {len(self):,}; give as many, or a run")
        if self._drawn is None or len(self._drawn) < n:
            self._drawn = SampleSet(self.data, *self.source.draw(n))
        return self._drawn.pick(slice(n))

    def whole_split(self, name: str) -> SampleSet:
        """All real samples of a split: "train", "test", or another that the data has, such as "outliers"."""
        return self.cached(("split", name), lambda: SampleSet.of(self.data, self.data.splits[name]))

    def held_out(self, n: int) -> SampleSet:
        """`n` samples of the test split, as of a perfect generator: each once, or with replacement if it has fewer."""
        return self.whole_split("test").pick(self._random_rows("test", n))

    def training_copies(self, n: int) -> SampleSet:
        """`n` samples of the train split, with replacement, as of a generator that memorised it."""
        return SampleSet(self.data, self.data.train.x[self._random_rows("train", n)])

    def training_subset(self, n: int, draw: int) -> SampleSet:
        """`n` samples of the train split, each once: another subset for each `draw`."""
        generator, train = torch.Generator().manual_seed(seed_of("subset", draw)), self.data.train
        rows = torch.randperm(len(train.x), generator=generator)[:n]
        return SampleSet.of(self.data, train.rows(rows))

    def training_samples(self, n: int) -> SampleSet:
        """`n` samples of the train split, each once, kept: what metrics of all pairs compare samples with."""
        return self.cached(("training samples", n), lambda: self.training_subset(n, 0))

    def _random_rows(self, split: str, n: int) -> Tensor:
        generator, size = torch.Generator().manual_seed(seed_of("draw", split)), len(self.data.splits[split].x)
        if split == "test" and n <= size:
            return torch.randperm(size, generator=generator)[:n]
        return torch.randint(size, (n,), generator=generator)


class Metric(Protocol):
    """A dataclass that scores samples, and whose fields are its options."""

    better: ClassVar[Mapping[str, str]]
    """The names of scores that rank, and which way is better: {"fid": "lower", "modes@1": "higher"}.

    A metric may also have `scale`, how values are compared over seeds: {"kid": "plain", "precision": "share"}. "log" is
    for positive distances, of which ratios matter (the usual one if lower is better); "plain" for numbers that may be
    negative (else the usual one); "share" for numbers from 0 to 1; "amount" for those from 0 on.
    """

    def __call__(self, e: Evaluation, /) -> list[Score]:
        """Scores such as `Score("fid", "digits-judge-v1@1a2b3c4d,ref=digits/train:1297,n=500", 4.7)`.

        The protocol says all that the value depends on besides the samples; a value of None is not defined. Raises
        `Incompatible` for data that the metric cannot score.
        """
        ...
