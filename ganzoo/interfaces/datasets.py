"""What a data set is to the rest of ganzoo, and what an extractor of features is."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol

import torch
from torch import Tensor

if TYPE_CHECKING:
    from PIL.Image import Image


class Split(NamedTuple):
    """Samples in the data's own units, on the CPU, and what belongs to them."""

    x: Tensor
    y: Tensor | None = None
    """(N,) int64 labels, where there are any."""
    given: Tensor | None = None
    """(N, ...) what G is conditioned on: the image to translate, an image with a hole, a vector."""
    paired: bool = True
    """Whether each row of `given` belongs to that of x. Otherwise there may be more or fewer of them."""

    def rows(self, rows: Tensor | slice) -> Split:
        """Some of the samples. What is not paired with them stays whole."""
        given = self.given[rows] if self.given is not None and self.paired else self.given
        return Split(self.x[rows], None if self.y is None else self.y[rows], given, self.paired)


class Extractor(Protocol):
    """A frozen network whose features are compared."""

    key: str
    """Its name and what pins it, such as "digits-judge-v1@1a2b3c4d"."""

    def __call__(self, x: Tensor) -> Tensor:
        """uint8 images (N, C, H, W) -> features (N, F), float32."""
        ...


class Dataset(Protocol):
    """A dataclass whose fields are its options, made of `ganzoo.Data`, `ganzoo.Images` or `ganzoo.Points`.

    Samples are read when they are first used: a recipe makes a data set only to check its options.
    """

    kind: ClassVar[str]
    """ "image", "points", or a word for another form, which architectures name that take it."""
    name: str
    """As its component is called; part of a metric's key. Set when a recipe makes it."""
    revision: str
    """The first 12 hex digits of the sha256 of its samples."""
    labels: int
    """Classes of y; 0 without labels."""
    shape: tuple[int, ...]
    """Of one sample as networks see it."""
    source: tuple[int, ...] | None
    """Of one `given` as networks see it; None if G is given nothing."""
    metrics: Sequence[str]
    """Names of the metric components that score it."""
    primary: str
    """The metric that ranks: "fid", "kl", or another that one of `metrics` gives."""
    suffixes: Sequence[str]
    """Of the files that `write` and `read` know, such as (".csv",)."""
    n_eval: int
    """Samples drawn for an evaluation."""
    n_modes: int
    """0: not known."""
    prior: Tensor | None
    """(n_modes,) float64, the true share of each mode."""

    choose: Callable[[int, torch.Generator], tuple[Tensor, Tensor | None]] | None
    """Which rows make a batch, and what is given with them, where batches are not drawn without replacement."""

    @property
    def train(self) -> Split:
        """What G and D learn from; also the reference of FID."""
        ...

    @property
    def test(self) -> Split:
        """Held-out real samples, for the baselines of scores; a conditional G is asked for what is given with them."""
        ...

    @property
    def splits(self) -> Mapping[str, Split]:
        """All splits by name: "train", "test" and others."""
        ...

    @property
    def extractor(self) -> Extractor:
        """The network whose features are compared."""
        ...

    def modes(self, x: Tensor) -> Tensor:
        """Samples -> (N,) int64: the mode of each, -1 for none."""
        ...

    def encode(self, x: Tensor) -> Tensor:
        """The data's units -> the network's, float32."""
        ...

    def encode_given(self, given: Tensor) -> Tensor:
        """The same for what G is conditioned on."""
        ...

    def decode(self, x: Tensor) -> Tensor:
        """The network's units -> the data's (images: quantised to uint8)."""
        ...

    def picture(self, samples: Tensor, given: Tensor | None = None) -> Image | None:
        """A picture of samples, or of walks (rows, steps, ...), and of what they were made of; None: there is none."""
        ...

    def write(self, samples: Tensor, path: Path) -> None:
        """Write samples to a file whose suffix says how, such as .csv. Raises `DataError`."""
        ...

    def read(self, path: Path) -> Tensor:
        """What `write` wrote. Raises `DataError`."""
        ...


_MEMBERS = (*inspect.get_annotations(Dataset), *(name for name in vars(Dataset) if not name.startswith("_")))


def lacking(made: object) -> list[str]:
    """Members of `Dataset` that an object has not. Looks without calling any, so that nothing is read."""
    nothing = object()
    return [name for name in _MEMBERS if inspect.getattr_static(made, name, nothing) is nothing]
