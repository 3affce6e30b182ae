"""Which parts combine: every combination is assembled in a small size, and the result is data."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import Literal

from ganzoo.recipes import recipe
from ganzoo.recipes.parts import class_and_options
from ganzoo.recipes.settings import Settings
from ganzoo.registry import registry
from ganzoo.registry.registry import Entry, Registry
from ganzoo.support.errors import DataError, GanzooWarning, Incompatible, SpecError
from ganzoo.support.messages import listed, sentence
from ganzoo.testing.trials import FP32, SHAPES, SMALL, Noise
from ganzoo.training.build import networks
from ganzoo.training.prepare import prepare

MatrixStatus = Literal["works", "refused", "untested", "broken"]


@dataclass(frozen=True)
class MatrixCell:
    """A combination of parts, and whether it works."""

    architecture: str
    loss: str
    regularizers: tuple[str, ...]
    data: str
    """What it was tried on, such as "digits, 1x8x8"; empty where nothing was tried."""
    status: MatrixStatus
    """refused: with reasons, before training; broken: another exception was raised, or a weight is not finite."""
    reasons: tuple[str, ...] = ()
    """Where it works: the warnings."""


@dataclass(frozen=True)
class DataShape:
    """What noise must look like to stand in for a data set."""

    dataset: str
    shape: tuple[int, ...]
    labels: int

    def __str__(self) -> str:
        return f"{self.dataset}, {'x'.join(map(str, self.shape))}"


class Untested(Exception):
    """There is a reason not to try a combination. The message says it."""


@dataclass
class Matrix:
    """Tries combinations of registered parts."""

    data: str | None = None
    """The data set to try them on; by default one of the right kind, whose files are not needed."""
    train: bool = False
    """Also let each player move once, and try parts of plugins."""
    known: Registry = field(default_factory=registry.current_registry)
    _shapes: dict[str, DataShape] = field(default_factory=dict, init=False)

    def combinations(
        self, architectures: Sequence[Entry], losses: Sequence[Entry], *, pairs: bool = False
    ) -> list[tuple[Entry, ...]]:
        """Each architecture with each loss, without and with each regularizer; with `pairs`, any two of them."""
        regularizers = self.known.entries("regularizer")
        groups = [group for size in ((2,) if pairs else (0, 1)) for group in combinations(regularizers, size)]
        return [(a, loss, *group) for a, group, loss in product(architectures, groups, losses)]

    def cell(self, architecture: Entry, loss: Entry, *regularizers: Entry) -> MatrixCell:
        """Try one combination."""
        parts, data = [architecture, loss, *regularizers], ""
        status: MatrixStatus
        reasons: Sequence[str]
        try:
            if not self.train and (origins := [str(part.origin) for part in parts if part.origin.plugin]):
                raise Untested(f"parts of {listed(dict.fromkeys(origins), 'and')} are tried with --train only")
            data = str(stand_in := self.data_shape(architecture))
            status, reasons = "works", self._try("+".join(part.name for part in parts), stand_in)
        except (Untested, DataError) as error:
            status, reasons = "untested", [str(error)]
        except SpecError as error:
            status, reasons = "refused", error.faults
        except Incompatible as error:
            status, reasons = "refused", str(error).split("\n")
        except Exception as error:  # a part may raise anything: the matrix is there to find that out
            status, reasons = "broken", [sentence(error)]
        names = tuple(r.name for r in regularizers)
        return MatrixCell(architecture.name, loss.name, names, data, status, tuple(reasons))

    def _try(self, spec: str, stand_in: DataShape) -> list[str]:
        """Assemble a spec, and move each player once where `train` says so. Returns the warnings of its terms."""
        resolved = recipe.resolve(spec, stand_in.dataset, SMALL, self.known)
        noise = Noise(stand_in.shape, labels=stand_in.labels)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GanzooWarning)
            trainer = prepare(resolved, noise, FP32)  # type: ignore[arg-type]
        if self.train:
            trainer.move("d")
            trainer.move("g")
            if not (trainer.finite() and all(map(math.isfinite, trainer.losses().values()))):
                raise FloatingPointError("after one move of each player a loss or a weight is not finite")
        return trainer.assembled.warnings

    def data_shape(self, architecture: Entry) -> DataShape:
        """What to try an architecture on. Raises `DataError` where files are missing, `Untested` where no data fits."""
        if architecture.name not in self._shapes:
            own = self._own_shape(self.data) if self.data else self._first_shape(architecture)
            self._shapes[architecture.name] = own
        return self._shapes[architecture.name]

    def _own_shape(self, dataset: str) -> DataShape:
        data = recipe.dataset(dataset, self.known)
        return DataShape(dataset, tuple(data.shape), data.labels)

    def _first_shape(self, architecture: Entry) -> DataShape:
        """The first shape that the architecture builds, for the first data set of its kind that needs no options."""
        kinds = architecture.component.data or frozenset({"image"})
        for entry in self.known.entries("dataset"):
            if not kinds & entry.component.data or any(
                o.required for o in class_and_options(entry.component)[1].values()
            ):
                continue
            (kind, *_) = sorted(kinds & entry.component.data)
            if kind not in SHAPES:
                return self._own_shape(entry.name)
            labels = recipe.dataset(entry.name, self.known).labels
            shapes = [DataShape(entry.name, shape, labels) for shape in SHAPES[kind]]
            return next((shape for shape in shapes if _builds(architecture, shape)), shapes[0])
        raise Untested(f"no data set is of the kind {listed(sorted(kinds))} and needs no options")


def _builds(architecture: Entry, data: DataShape) -> bool:
    try:
        networks(class_and_options(architecture.component)[0](), [], Settings(), data.shape, data.labels, seed=0)
    except Exception:  # each combination will say what is wrong
        return False
    return True
