"""Which parts go together: every combination is put together in small, and the answer is data."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import Literal

import torch
from torch import Tensor

from ganzoo.interfaces.datasets import Split
from ganzoo.recipes import recipe
from ganzoo.recipes.parts import class_and_options
from ganzoo.recipes.settings import Settings
from ganzoo.registry import registry
from ganzoo.registry.registry import Entry, Registry
from ganzoo.support.errors import DataError, GanzooWarning, Incompatible, SpecError
from ganzoo.support.messages import listed, sentence
from ganzoo.training.build import networks
from ganzoo.training.engine import Engine
from ganzoo.training.prepare import prepare
from ganzoo.training.trainer import Trainer

Status = Literal["works", "refused", "untested", "broken"]
ENGINE = Engine(device="cpu", threads=1, layout="contiguous")
SMALL = {"batch": 8, "latent": 5}
SHAPES: dict[str, list[tuple[int, ...]]] = {
    "image": [(1, 8, 8), (3, 32, 32), (3, 64, 64), (3, 128, 128)],
    "points": [(2,)],
}
"""Noise stands in for data of these kinds, in the first of the shapes that an architecture builds."""


@dataclass(frozen=True)
class Cell:
    """A combination, and whether it goes together."""

    architecture: str
    loss: str
    regularizers: tuple[str, ...]
    data: str
    """What it was tried on, such as "digits, 1x8x8"; empty where nothing was tried."""
    status: Status
    """refused: with sentences, before training; broken: it raised what no part should, or a weight is no number."""
    reasons: tuple[str, ...] = ()
    """Of a cell that works: what it warns of."""


@dataclass(frozen=True)
class Place:
    """The data that parts are tried on, in their first shapes: noise stands in for its samples."""

    dataset: str
    shape: tuple[int, ...]
    labels: int

    def __str__(self) -> str:
        return f"{self.dataset}, {'x'.join(map(str, self.shape))}"


class Untested(Exception):
    """There is a reason not to try. The message says it."""


@dataclass
class Matrix:
    """Tries combinations of what is registered."""

    data: str | None = None
    """The data set to try them on; else one of the right kind, whose files are not needed."""
    train: bool = False
    """Also let each player move once, and try what comes from plugins."""
    known: Registry = field(default_factory=registry.default)
    _places: dict[str, Place] = field(default_factory=dict, init=False)

    def combinations(
        self, architectures: Sequence[Entry], losses: Sequence[Entry], *, pairs: bool = False
    ) -> list[tuple[Entry, ...]]:
        """Each architecture with each loss, alone and with each regularizer; or with any two of them, as `pairs`."""
        regularizers = self.known.entries("regularizer")
        sizes = (2,) if pairs else (0, 1)
        chosen = [some for size in sizes for some in combinations(regularizers, size)]
        return [(a, loss, *some) for a, some, loss in product(architectures, chosen, losses)]

    def cell(self, architecture: Entry, loss: Entry, *regularizers: Entry) -> Cell:
        """Put one combination together."""
        status, reasons, data = self._tried([architecture, loss, *regularizers])
        return Cell(architecture.name, loss.name, tuple(r.name for r in regularizers), data, status, tuple(reasons))

    def _tried(self, parts: Sequence[Entry]) -> tuple[Status, Sequence[str], str]:
        place = ""
        try:
            if not self.train and (strangers := [str(part.origin) for part in parts if part.origin.plugin]):
                raise Untested(f"not tried, as it is of {listed(dict.fromkeys(strangers), 'and')}")
            place = str(self.place(parts[0]))
            return "works", self._assembled("+".join(part.name for part in parts), self.place(parts[0])), place
        except (Untested, DataError) as error:
            return "untested", [str(error)], place
        except SpecError as error:
            return "refused", error.faults, place
        except Incompatible as error:
            return "refused", str(error).split("\n"), place
        except Exception as error:  # a part may raise anything: that is what is to be found out
            return "broken", [sentence(error)], place

    def _assembled(self, spec: str, place: Place) -> list[str]:
        """What it warns of. Raises what speaks against it."""
        made = recipe.resolve(spec, place.dataset, SMALL, self.known)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GanzooWarning)
            trainer = prepare(made, Noise(place), ENGINE)  # type: ignore[arg-type]
        if self.train:
            _move(trainer)
        return trainer.assembled.warnings

    def place(self, architecture: Entry) -> Place:
        """What to try an architecture on. Raises `DataError` where files are not here, `Untested` for want of data."""
        if architecture.name not in self._places:
            self._places[architecture.name] = self._given(self.data) if self.data else self._found(architecture)
        return self._places[architecture.name]

    def _given(self, name: str) -> Place:
        data = recipe.dataset(name, self.known)
        return Place(name, tuple(data.shape), data.labels)

    def _found(self, architecture: Entry) -> Place:
        takes = architecture.component.data or frozenset({"image"})
        for entry in self.known.entries("dataset"):
            if not takes & entry.component.data or any(
                o.required for o in class_and_options(entry.component)[1].values()
            ):
                continue
            (kind, *_) = sorted(takes & entry.component.data)
            if kind not in SHAPES:
                return self._given(entry.name)
            labels = recipe.dataset(entry.name, self.known).labels
            places = [Place(entry.name, shape, labels) for shape in SHAPES[kind]]
            return next((place for place in places if _builds(architecture, place)), places[0])
        raise Untested(f"no data set is of the kind {listed(sorted(takes))}, and needs no options")


def _builds(architecture: Entry, place: Place) -> bool:
    """Whether it makes networks for such data at all."""
    try:
        networks(class_and_options(architecture.component)[0](), [], Settings(), place.shape, place.labels, seed=0)
    except Exception:  # each combination will say what is wrong
        return False
    return True


class Noise:
    """Labelled samples that only look like data."""

    def __init__(self, place: Place, n: int = 32) -> None:
        random = torch.Generator().manual_seed(0)
        self.shape, self.labels = place.shape, place.labels
        x = torch.randn(n, *place.shape, generator=random)
        y = torch.randint(place.labels, (n,), generator=random) if place.labels else None
        self.train = Split(x.tanh() if len(place.shape) == 3 else x, y)

    def encode(self, x: Tensor) -> Tensor:
        """Nothing to do."""
        return x


def _move(trainer: Trainer) -> None:
    """Each player once. Raises `FloatingPointError` where anything is no number afterwards."""
    trainer.move("d")
    trainer.move("g")
    if not (trainer.finite() and all(map(math.isfinite, trainer.losses().values()))):
        raise FloatingPointError("after one move of each player a loss or a weight is no number")
