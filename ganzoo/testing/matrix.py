"""Which parts combine: every combination is assembled in a small size, and the result is data."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
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
from ganzoo.training.networks import Form, networks
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
    _noise: dict[str, Noise] = field(default_factory=dict, init=False)
    """For each architecture."""

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
            data = str(noise := self.noise(architecture))
            status, reasons = "works", self._try("+".join(part.name for part in parts), noise)
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

    def _try(self, spec: str, noise: Noise) -> list[str]:
        """Assemble a spec, and move each player once where `train` says so. Returns the warnings of its terms."""
        resolved = recipe.resolve(spec, noise.name, SMALL, self.known)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GanzooWarning)
            trainer = prepare(resolved, noise, FP32)  # type: ignore[arg-type]
        if self.train:
            trainer.play("d")
            trainer.play("g")
            if not (trainer.finite() and all(map(math.isfinite, trainer.losses().values()))):
                raise FloatingPointError("after one move of each player a loss or a weight is not finite")
        return trainer.assembled.warnings

    def noise(self, architecture: Entry) -> Noise:
        """What to try an architecture on. Raises `DataError` where files are missing, `Untested` where no data fits."""
        if architecture.name not in self._noise:
            noise = self._noise_like(self.data) if self.data else self._first_noise(architecture)
            self._noise[architecture.name] = noise
        return self._noise[architecture.name]

    def _noise_like(self, dataset: str) -> Noise:
        data = recipe.dataset(dataset, self.known)
        return Noise(tuple(data.shape), labels=data.labels, name=dataset, source=data.source)

    def _first_noise(self, architecture: Entry) -> Noise:
        """In the first shape that the architecture builds, for the first data set of its kind that needs no options."""
        kinds = architecture.component.data or frozenset({"image"})
        for entry in self.known.entries("dataset"):
            fitting = kinds & entry.component.data
            if not fitting or any(option.required for option in class_and_options(entry.component)[1].values()):
                continue
            own = self._noise_like(entry.name)
            candidates = [replace(own, shape=shape) for shape in SHAPES.get(min(fitting), [own.shape])]
            return next((noise for noise in candidates if _builds(architecture, noise)), candidates[0])
        raise Untested(f"no data set is of the kind {listed(sorted(kinds))} and needs no options")


def _builds(architecture: Entry, data: Noise) -> bool:
    try:
        networks(
            class_and_options(architecture.component)[0](),
            [],
            Settings(),
            Form(data.shape, data.labels, data.source),
            seed=0,
        )
    except Exception:  # each combination will say what is wrong
        return False
    return True
