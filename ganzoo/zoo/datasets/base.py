"""The base class of data sets. `Images` and `Points` are made of it; so is any other form of data."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from ganzoo.interfaces.datasets import Extractor, Split
from ganzoo.support.errors import DataError
from ganzoo.support.float32 import pinned_float32

if TYPE_CHECKING:
    from PIL.Image import Image


class IdentityFeatures:
    """The extractor of samples that are compared as they are."""

    key = "identity"

    def __call__(self, x: Tensor) -> Tensor:
        """(N, ...) -> (N, F), float32 on the CPU."""
        return x.float().cpu().flatten(1)


class Data(ABC):
    """A data set of any form: sequences, tables, text, video ... `ganzoo.Images` and `ganzoo.Points` have more.

    Your own gives `load`, a word for `kind`, which architectures name that take it, `metrics` and `primary`. It gives
    `encode` and `decode` if networks see other numbers than people do; `picture` if there are pictures; `suffixes`,
    `write` and `read` if there are files of samples, which `ganzoo sample` writes and `ganzoo eval` reads. Its fields
    are its options; attributes that it overrides have no annotation:

        @dataclass(eq=False)
        class Chorales(ganzoo.Data):
            bars: Annotated[int, Meta(ge=1)] = 4
            kind, metrics, primary = "sequence", ("harmony",), "harmony"

            def load(self):
                return ganzoo.Split(train), ganzoo.Split(test)  # (N, ...) of any type

    `eq=False`, because data sets with equal options need not have equal data. Not a dataclass itself, so that only the
    fields of a subclass are options.
    """

    kind: ClassVar[str]
    name: str
    """The name of its component, part of a metric's protocol. Set when a recipe creates the data set."""
    labels: int = 0
    n_modes: int = 0
    prior: Tensor | None = None
    metrics: Sequence[str] = ()
    primary: str = ""
    suffixes: Sequence[str] = ()
    choose: Callable[[int, torch.Generator], tuple[Tensor, Tensor | None]] | None = None
    """Where batches are not drawn without replacement: a method (n, random) -> (n,) rows of the train split, and what
    is given with them, (n, ...), or None for what the rows have."""

    @abstractmethod
    def load(self) -> tuple[Split, Split] | Mapping[str, Split]:
        """Train and test split, or several by name, "train" and "test" among them. Called once, on first use.

        Raises `DataError`.
        """

    @cached_property
    def splits(self) -> Mapping[str, Split]:
        """All splits by name: "train", "test" and what else there is, such as "outliers"."""
        with pinned_float32():
            loaded = self.load()
        return loaded if isinstance(loaded, Mapping) else dict(zip(("train", "test"), loaded, strict=True))

    @property
    def train(self) -> Split:
        """The split to train on, and the reference of metrics."""
        return self.splits["train"]

    @property
    def test(self) -> Split:
        """The held-out split: its score is the floor, what a perfect generator would score."""
        return self.splits["test"]

    @cached_property
    def revision(self) -> str:
        """The first 12 hex digits of the sha256 of all splits: types, shapes, samples, labels, and what is given."""
        digest = hashlib.sha256()
        for tensor in (part for split in self.splits.values() for part in split if isinstance(part, Tensor)):
            digest.update(f"{tensor.dtype}{tuple(tensor.shape)}".encode())
            digest.update(tensor.contiguous().numpy().data)
        return digest.hexdigest()[:12]

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Of one sample as networks see it."""
        return tuple(self.encode(self.train.x[:1]).shape[1:])

    @cached_property
    def source(self) -> tuple[int, ...] | None:
        """The shape of one `given` as networks see it; None if nothing is given."""
        given = self.train.given
        return None if given is None else tuple(self.encode_given(given[:1]).shape[1:])

    @cached_property
    def n_eval(self) -> int:
        """Samples for an evaluation: three draws of the size of the test split, of at most 10,000 each."""
        return 3 * min(len(self.test.x), 10_000)

    @cached_property
    def extractor(self) -> Extractor:
        """The features that are compared: the samples themselves."""
        return IdentityFeatures()

    def modes(self, x: Tensor) -> Tensor:
        """(N,) int64, all -1: modes are unknown."""
        return torch.full((len(x),), -1)

    def encode(self, x: Tensor) -> Tensor:
        """The data's units -> the networks', float32: the same numbers."""
        return x.float()

    def encode_given(self, given: Tensor) -> Tensor:
        """`given` in the data's units -> the networks', float32: the same numbers."""
        return given.float()

    def decode(self, x: Tensor) -> Tensor:
        """The networks' units -> the data's: the same numbers."""
        return x.float()

    def picture(self, samples: Tensor, given: Tensor | None = None) -> Image | None:
        """A picture of samples (N, ...), each with what it was made of, or of walks (rows, steps, ...); None: none."""
        return None

    def write(self, samples: Tensor, path: Path) -> None:
        """Write samples (N, ...) to a file whose suffix, one of `suffixes`, says how. Raises `DataError`."""
        raise DataError(f"{path}: samples of {self.name} are written as .npz only")

    def read(self, path: Path) -> Tensor:
        """What `write` wrote: (N, ...) in the data's own type. Raises `DataError`."""
        raise DataError(f"{path}: samples of {self.name} are read from .npz only")
