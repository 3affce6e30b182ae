"""What is measured: samples, and the real data that they are set beside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol, TypeVar

import torch
from torch import Tensor

from ganzoo.data import Dataset
from ganzoo.seeds import seed_of

T = TypeVar("T")


@dataclass(eq=False)
class Measured:
    """Samples in the data's own units, (N, *shape), with what frozen networks see in them, computed once."""

    data: Dataset
    x: Tensor

    @cached_property
    def features(self) -> Tensor:
        """(N, F) float32."""
        return self.data.extractor(self.x)

    @cached_property
    def modes(self) -> Tensor:
        """(N,) int64, -1 for none."""
        return self.data.modes(self.x)


@dataclass(eq=False)
class Evaluation(Measured):
    """Generated samples, and beside them what any generator of this data is compared with."""

    @property
    def judge(self) -> str:
        """The start of a metric's protocol: "digits-judge-v1@1a2b3c4d," for images, "" for points."""
        return "" if self.data.kind == "points" else f"{self.data.extractor.key},"

    @property
    def varies(self) -> bool:
        """Whether the name of the data does not say what they are, because they have options, such as a path."""
        return is_dataclass(self.data) and any(field.init for field in fields(self.data))

    def reference(self, split: str) -> str:
        """The split that samples are compared with: "digits/train:1297", "folder@1a2b3c4d5e6f/train:900"."""
        revision = f"@{self.data.revision}" if self.varies else ""
        return f"{self.data.name}{revision}/{split}:{len(getattr(self.data, split).x)}"

    def once(self, key: Any, compute: Callable[[], T]) -> T:
        """`compute()`, kept as long as the data set object, so that many evaluations share it."""
        kept: dict[Any, T] = vars(self.data).setdefault("_kept", {})
        if key not in kept:
            kept[key] = compute()
        return kept[key]

    def real(self, n: int) -> Measured:
        """`n` samples of the test split, as a perfect generator's: each once, or with replacement if too few."""
        return self.once(("real", n), lambda: self._draw("test", self.data.test.x, n))

    def subset(self, n: int, draw: int) -> Measured:
        """`n` samples of the train split, each once: what held-out ones are compared with."""
        generator = torch.Generator().manual_seed(seed_of("subset", draw))
        return Measured(self.data, self.data.train.x[torch.randperm(len(self.data.train.x), generator=generator)[:n]])

    def memorised(self, n: int) -> Measured:
        """`n` samples of the train split, with replacement, as of a generator that learned it by heart."""
        return self.once(("memorised", n), lambda: self._draw("train", self.data.train.x, n))

    def _draw(self, split: str, x: Tensor, n: int) -> Measured:
        generator = torch.Generator().manual_seed(seed_of("draw", split))
        if split == "test" and n <= len(x):
            return Measured(self.data, x[torch.randperm(len(x), generator=generator)[:n]])
        return Measured(self.data, x[torch.randint(len(x), (n,), generator=generator)])


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
