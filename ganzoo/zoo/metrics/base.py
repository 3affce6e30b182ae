"""What is measured: samples, and the real data that they are set beside."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import ClassVar, Protocol, TypeVar

import torch
from torch import Tensor

from ganzoo.interfaces.datasets import Dataset, Extractor
from ganzoo.support.errors import Incompatible, Unavailable
from ganzoo.support.seeds import seed_of
from ganzoo.zoo.metrics.cache import Statistics, stored
from ganzoo.zoo.metrics.sample_set import Measured, Source
from ganzoo.zoo.metrics.features import Watch, unwatched

__all__ = ["Evaluation", "Measured", "Metric", "Source"]

T = TypeVar("T")
WORTH = 2**22
"""Numbers in a train split from which on its statistics are kept on disk."""


def own(name: str) -> Callable[[Dataset], Extractor]:
    """Where no other extractors are known: the data's own."""
    if name != "judge":
        raise Incompatible(
            f"the extractor {name} is not known here; evaluate with ganzoo.evaluation.evaluate, or take judge"
        )
    return lambda data: data.extractor


@dataclass(eq=False)
class Evaluation(Measured):
    """Generated samples, and beside them what any generator of this data is compared with."""

    source: Source | None = None
    find: Callable[[str], Callable[[Dataset], Extractor]] = own
    """The extractor of a name, as a metric's option gives it: "judge", "randconv", "inception" ..."""
    watch: Watch = unwatched
    notes: list[str] = field(default_factory=list)
    """What a reader of the numbers should know: a sentence each."""
    _more: Measured | None = field(default=None, init=False, repr=False)

    @property
    def judge(self) -> str:
        """The start of a metric's protocol: "digits-judge-v1@1a2b3c4d," for images, "" for points."""
        return "" if self.data.kind == "points" else f"{self.data.extractor.key},"

    def extractor(self, name: str) -> Extractor:
        """The extractor of that name for this data; where its weights cannot be had, the data's own, and a note."""
        found, said = self.once(("extractor", name), lambda: self._find(name))
        for sentence in said:
            self.note(sentence)
        return found

    def _find(self, name: str) -> tuple[Extractor, list[str]]:
        try:
            found = self.find(name)(self.data)
        except Unavailable as error:
            own = self.data.extractor
            return own, [f"{error}; {own.key} is used instead, and the keys say so"]
        return found, [said] if (said := getattr(found, "said", "")) else []

    def note(self, sentence: str) -> None:
        """Tell the reader, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    @property
    def varies(self) -> bool:
        """Whether the name of the data does not say what they are, because they have options, such as a path."""
        return is_dataclass(self.data) and any(field.init for field in fields(self.data))

    def reference(self, split: str) -> str:
        """The split that samples are compared with: "digits/train:1297", "folder@1a2b3c4d5e6f/train:900"."""
        revision = f"@{self.data.revision}" if self.varies else ""
        return f"{self.data.name}{revision}/{split}:{len(getattr(self.data, split).x)}"

    def once(self, key: Hashable, compute: Callable[[], T]) -> T:
        """`compute()`, kept as long as the data set object, so that many evaluations share it."""
        kept = vars(self.data).setdefault("_kept", {})
        if key not in kept:
            kept[key] = compute()
        found: T = kept[key]
        return found

    def known(self, what: str, extractor: Extractor, compute: Callable[[], Statistics]) -> Statistics:
        """`compute()` of real data alone, kept as `once` does, and on disk where it takes long."""
        slow = getattr(extractor, "slow", False) or self.data.train.x.numel() >= WORTH

        def found() -> Statistics:
            if self.data.kind == "points" or not slow:
                return compute()
            return stored({"what": what, "data": self.data.revision, "extractor": extractor.key}, compute)

        return self.once(("known", what, extractor.key), found)

    def take(self, n: int) -> Measured:
        """The first `n` samples; where there are fewer, `n` that the source draws. Raises `Incompatible` without."""
        if n <= len(self):
            return self.pick(slice(n))
        if self.source is None:
            raise Incompatible(f"{n:,} samples are needed, but there are {len(self):,}; give as many, or a run")
        if self._more is None or len(self._more) < n:
            self._more = Measured(self.data, *self.source.draw(n))
        return self._more.pick(slice(n))

    def split(self, name: str) -> Measured:
        """All real samples of a split."""
        return self.once(("split", name), lambda: Measured(self.data, *getattr(self.data, name)))

    def real(self, n: int) -> Measured:
        """`n` samples of the test split, as a perfect generator's: each once, or with replacement if too few."""
        return self.split("test").pick(self._rows("test", n))

    def subset(self, n: int, draw: int) -> Measured:
        """`n` samples of the train split, each once: what held-out ones are compared with."""
        generator, (x, y) = torch.Generator().manual_seed(seed_of("subset", draw)), self.data.train
        rows = torch.randperm(len(x), generator=generator)[:n]
        return Measured(self.data, x[rows], None if y is None else y[rows])

    def reals(self, n: int) -> Measured:
        """`n` samples of the train split, each once, kept: what metrics of all pairs compare with."""
        return self.once(("reals", n), lambda: self.subset(n, 0))

    def memorised(self, n: int) -> Measured:
        """`n` samples of the train split, with replacement, as of a generator that learned it by heart."""
        return Measured(self.data, self.data.train.x[self._rows("train", n)])

    def _rows(self, split: str, n: int) -> Tensor:
        generator, size = torch.Generator().manual_seed(seed_of("draw", split)), len(getattr(self.data, split).x)
        if split == "test" and n <= size:
            return torch.randperm(size, generator=generator)[:n]
        return torch.randint(size, (n,), generator=generator)


class Metric(Protocol):
    """A dataclass whose fields are its options, and which scores samples."""

    better: ClassVar[Mapping[str, str]]
    """The names that rank, without protocol, and which way is better: {"fid": "lower", "modes@1": "higher"}."""

    def __call__(self, e: Evaluation, /) -> dict[str, float | None]:
        """Numbers by name and protocol: "fid[digits-judge-v1@1a2b3c4d,ref=digits/train:1297,n=500]". None: not known.

        The protocol says all that the number depends on beside the samples. Raises `Incompatible` for data that the
        metric cannot score.
        """
        ...
