"""Reads a run directory: its record, its networks, and samples of its generator."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import index
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ganzoo.interfaces.datasets import Dataset
from ganzoo.interfaces.terms import Game
from ganzoo.recipes.recipe import Recipe, resolve
from ganzoo.registry.registry import missing_plugins
from ganzoo.runs.records import Header, Result
from ganzoo.runs.rundir import RunDir
from ganzoo.runs.state import restored_network
from ganzoo.support.errors import DataError, GanzooWarning, Incompatible, RunError, SpecError
from ganzoo.support.latents import Walk, walks
from ganzoo.support.messages import listed
from ganzoo.support.seeds import seed_of
from ganzoo.training.build import Assembled, assemble
from ganzoo.training.engine import Engine
from ganzoo.training.sampling import draw, evaluation_labels, render


def load(path: str | os.PathLike[str]) -> Run:
    """Read a run directory: its record, its generator, samples. Raises `RunError` where there is none."""
    folder = RunDir(Path(path))
    if (header := folder.header()) is None:
        why = "it has no recipe.json" if folder.path.exists() else "it does not exist"
        raise RunError(f"{folder.path} is no run directory: {why}; `ganzoo runs` lists run directories")
    return Run(folder, header, folder.result())


@dataclass
class Run:
    """A run directory, as it was read."""

    folder: RunDir
    header: Header
    """`recipe.json`."""
    result: Result | None
    """None as long as the run has not ended in some way, and again while it is extended."""

    def __repr__(self) -> str:
        """Short: all else is in `header` and `result`."""
        status = self.result.status if self.result else "not ended"
        return f"<Run {self.header.spec}, seed {self.header.seed}: {status}, in {self.path}>"

    @property
    def path(self) -> Path:
        """The run directory."""
        return self.folder.path

    @cached_property
    def recipe(self) -> Recipe:
        """What was trained. Raises `RunError` where it cannot be put together here, as when a plugin is missing."""
        try:
            recipe = resolve(self.header.spec, None, self.header.settings, canonical=True)
        except SpecError as error:
            why = "; ".join(missing_plugins(self.header.parts)) or error
            raise RunError(f"{self.path} cannot be used here: {why}") from None
        if changed := _changed(recipe, self.header):
            warnings.warn(
                f"{listed(changed, 'and')} changed since {self.path} was trained; it is used as it is now",
                GanzooWarning,
                stacklevel=2,
            )
        return recipe

    @cached_property
    def data(self) -> Dataset:
        """The data set; its samples are read only when they are asked for."""
        data: Dataset = self.recipe.dataset.build()
        return data

    @cached_property
    def _game(self) -> Game:
        """As it was before its first move."""
        return _assemble(self.recipe, self.header.data.shape, self.header.data.labels).game

    @property
    def classes(self) -> int:
        """Classes that the generator takes; 0 for one that takes none."""
        return self._game.classes

    @cached_property
    def checkpoint(self) -> Path:
        """The newest checkpoint that is whole. Raises `RunError`, which says why there is none and what to do."""
        if newest := self.folder.checkpoints.newest():
            return newest
        raise RunError(self._why_no_checkpoint())

    def _why_no_checkpoint(self) -> str:
        _, damaged = self.folder.checkpoints.inspect()
        if damaged:
            return f"{'; '.join(damaged)}; bring one back from a copy, or train again with --force"
        if self.result and self.result.status == "diverged":
            return (
                f"{self.path} diverged before its first checkpoint ({self.result.message}), so it has no generator; "
                "train with other settings, such as a lower lr, in another directory"
            )
        if self.result and self.result.status == "ok":
            return f"the checkpoints of {self.path} were removed; train again with --force"
        return f"{self.path} has no checkpoint yet: the first is written after a tenth of the budget"

    @cached_property
    def generator(self) -> nn.Module:
        """(z, y=None) -> x in the network's units: the averaged weights of the newest checkpoint, in eval mode."""
        return restored_network(self._game, "generator", self.checkpoint, self.path)

    def network(self, name: str) -> nn.Module:
        """Of the newest checkpoint, in eval mode: "generator", "discriminator", or a companion such as "encoder".

        All but the generator are as they last were, not averaged. Raises `RunError` for a name that there is not.
        """
        if name == "generator":
            return self.generator
        return restored_network(self._game, name, self.checkpoint, self.path)

    def sample(self, n: int = 64, *, seed: int = 0, classes: Sequence[int] | None = None) -> Tensor:
        """Draw n samples: uint8 (n, C, H, W), or points (n, 2) float32 in the data's units. A function of the seed.

        A conditional generator is asked for `classes` in turn; without them for random ones, each with equal chance.
        Raises `Incompatible` for a class that does not exist, and where the generator takes none.
        """
        y = self._labels(n, index(seed), classes)
        return draw(self.generator, self.data, self.recipe.settings.latent, n, seed_of("sample", index(seed)), y)

    def interpolate(
        self,
        n: int = 8,
        steps: int = 8,
        *,
        walk: Walk = "spherical",
        seed: int = 0,
        classes: Sequence[int] | None = None,
    ) -> Tensor:
        """Walk between random latents, n times: (n, steps, *shape), both ends included. A function of the seed.

        On a walk, a conditional generator is asked for one class: one of `classes` in turn, as in `sample`.
        """
        y, latent = self._labels(n, index(seed), classes), self.recipe.settings.latent
        z = walks(n, steps, latent, seed_of("sample", index(seed)), walk).flatten(0, 1)
        y = None if y is None else y.repeat_interleave(steps)
        samples = render(self.generator, self.data, z, y, seed_of("sample", index(seed)))
        return samples.reshape(n, steps, *samples.shape[1:])

    def _labels(self, n: int, seed: int, classes: Sequence[int] | None) -> Tensor | None:
        """The classes that a conditional generator is asked for, one for each of n samples."""
        if classes is None:
            random = torch.Generator().manual_seed(seed_of("sample", "labels", seed))
            return torch.randint(self.classes, (n,), generator=random) if self.classes else None
        if not self.classes:
            raise Incompatible(
                f"{self.recipe.spec} takes no classes; train one that does, with cgan, projection or acgan"
            )
        if not classes or any(index(c) not in range(self.classes) for c in classes):
            given = ", ".join(map(str, classes)) or "none"
            raise Incompatible(f"classes are from 0 to {self.classes - 1}; these were given: {given}")
        return torch.tensor([classes[i % len(classes)] for i in range(n)])

    def evaluation_samples(self) -> Tensor:
        """Those that the run's own evaluations draw: `data.n_eval`, always from the same z.

        Raises `DataError` where the data is not found, and `RunError` where it is not what it was.
        """
        try:
            check_data(self.folder, self.header, self.data)
        except DataError as error:
            where = f"this was looked for from {Path.cwd()}; a relative path counts from where the run was begun"
            raise DataError(f"{error} ({where})") from None
        y = evaluation_labels(self.data, self.classes)
        return draw(self.generator, self.data, self.recipe.settings.latent, self.data.n_eval, seed_of("evaluation"), y)


def _changed(recipe: Recipe, header: Header) -> list[str]:
    """The parts whose version or source is not that of the run."""
    recorded = {part["name"]: (part.get("version"), part.get("source_sha256")) for part in header.parts}
    now = {part.name: (part.component.version, part.source_sha256()) for part in recipe.parts}
    return [name for name in now if recorded.get(name, now[name]) != now[name]]


def check_data(folder: RunDir, header: Header, data: Dataset) -> None:
    """Raise `RunError` where the data has changed since the run began."""
    if header.data.revision != data.revision:
        raise RunError(
            f"the data of {header.spec} changed since {folder.path} was begun ({header.data.revision} then, "
            f"{data.revision} now); bring it back, or train again with another --out or --force"
        )


def sizes(recipe: Recipe) -> dict[str, Any]:
    """Parameters of each network, and what its builder chose: {"g": 123, "d": 67, "chosen": {"d.norm": "batch"}}."""
    data = recipe.dataset.build()
    assembled = _assemble(recipe, data.shape, data.labels)
    return {**assembled.parameters, "chosen": assembled.chosen}


def _assemble(recipe: Recipe, shape: tuple[int, ...], labels: int) -> Assembled:
    """Networks on the CPU, to count parameters or to load weights into."""
    return assemble(recipe, shape, labels, Engine.choose("cpu", shape, recipe.settings.batch), seed=0)
