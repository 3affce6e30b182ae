"""What a data set is to the rest of ganzoo, and what an extractor of features is."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import ClassVar, NamedTuple, Protocol

from torch import Tensor


class Split(NamedTuple):
    """Samples in the data's own units, on the CPU, and their labels, (N,) int64, where there are any."""

    x: Tensor
    y: Tensor | None = None


class Extractor(Protocol):
    """A frozen network whose features are compared."""

    key: str
    """Its name and what pins it, such as "digits-judge-v1@1a2b3c4d"."""

    def __call__(self, x: Tensor) -> Tensor:
        """uint8 images (N, C, H, W) -> features (N, F), float32."""
        ...


class Dataset(Protocol):
    """A dataclass whose fields are its options. `ganzoo.Images` and `ganzoo.Points` have what such data share.

    Samples are read when they are first used: a recipe makes a data set only to check its options.
    """

    kind: ClassVar[str]
    """ "image" or "points"."""
    name: str
    """As its component is called; part of a metric's key. Set when a recipe makes it."""
    revision: str
    """The first 12 hex digits of the sha256 of its samples."""
    labels: int
    """Classes of y; 0 without labels."""
    shape: tuple[int, ...]
    """Of one sample."""
    metrics: Sequence[str]
    """Names of the metric components that score it."""
    primary: str
    """The metric that ranks: "fid", "kl", or another that one of `metrics` gives."""
    n_eval: int
    """Samples drawn for an evaluation."""
    n_modes: int
    """0: not known."""
    prior: Tensor | None
    """(n_modes,) float64, the true share of each mode."""

    @property
    def train(self) -> Split:
        """What G and D learn from; also the reference of FID."""
        ...

    @property
    def test(self) -> Split:
        """Held-out real samples, for the baselines of scores."""
        ...

    @property
    def extractor(self) -> Extractor:
        """Images: the network whose features FID compares."""
        ...

    def modes(self, x: Tensor) -> Tensor:
        """Samples -> (N,) int64: the mode of each, -1 for none."""
        ...

    def encode(self, x: Tensor) -> Tensor:
        """The data's units -> the network's, float32."""
        ...

    def decode(self, x: Tensor) -> Tensor:
        """The network's units -> the data's (images: quantised to uint8)."""
        ...


_MEMBERS = (*inspect.get_annotations(Dataset), *(name for name in vars(Dataset) if not name.startswith("_")))


def lacking(made: object) -> list[str]:
    """Members of `Dataset` that an object has not. Looks without calling any, so that nothing is read."""
    nothing = object()
    return [name for name in _MEMBERS if inspect.getattr_static(made, name, nothing) is nothing]
