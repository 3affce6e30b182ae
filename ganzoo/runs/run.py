"""Reads a run directory: its record, its networks, and samples of its generator."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import index
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from ganzoo.evaluation.evaluate import extractor
from ganzoo.evaluation.generated import generated
from ganzoo.interfaces.datasets import Dataset
from ganzoo.interfaces.turn import Game
from ganzoo.recipes.recipe import Recipe, resolve
from ganzoo.registry.registry import missing_plugins
from ganzoo.runs.records import Header, Result
from ganzoo.runs.requests import is_resized, sample_request
from ganzoo.runs.rundir import RunDir
from ganzoo.runs.state import restored_network
from ganzoo.support.errors import DataError, GanzooWarning, Incompatible, RunError, SpecError
from ganzoo.support.latents import INTERPOLATIONS, Walk, walks
from ganzoo.support.messages import listed
from ganzoo.support.seeds import seed_of
from ganzoo.training.build import Assembled, assemble
from ganzoo.training.engine import Engine
from ganzoo.training.networks import Form
from ganzoo.training.sampling import Request, render, sampling_options
from ganzoo.training.tiles import render_any_size
from ganzoo.zoo.metrics.base import Evaluation, FindExtractor


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
    def game(self) -> Game:
        """As it was before its first move."""
        shapes = self.header.data
        return _assemble(self.recipe, Form(shapes.shape, shapes.labels, shapes.source, shapes.paired)).game

    @property
    def classes(self) -> int:
        """Classes that the generator takes; 0 for one that takes none."""
        return self.game.classes

    @cached_property
    def checkpoint(self) -> Path:
        """The checkpoint that was the newest whole one when it was first asked for, whatever is written since.

        Raises `RunError`, which says why there is none and what to do.
        """
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
        """(z, y=None, given=None) -> x in the network's units: the averaged weights of `checkpoint`."""
        return restored_network(self.game, "generator", self.checkpoint, self.path)

    def network(self, name: str) -> nn.Module:
        """Of `checkpoint`, in eval mode: "generator", "discriminator", or a companion such as "encoder".

        The generator is averaged, and so are companions that ask for it; others are as they last were. Raises
        `RunError` for a name that there is not.
        """
        if name == "generator":
            return self.generator
        if not self.checkpoint.exists():
            raise RunError(
                f"{self.checkpoint} was removed since it was first used, as a run that trains on does; read the run "
                "again with ganzoo.load"
            )
        return restored_network(self.game, name, self.checkpoint, self.path)

    def sample(
        self,
        n: int | None = None,
        *,
        seed: int = 0,
        classes: Sequence[int] | None = None,
        given: Tensor | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Tensor:
        """Draw n samples in the data's units, such as uint8 (n, C, H, W), or points (n, 2). A function of the seed.

        A conditional generator is asked for `classes` in turn; without them for random ones, each with equal chance.
        One that takes what the data gives gets the rows of `given` in turn, in the data's units; without it, random
        rows of the test split. n is 64, or the number of rows given. `options` are the generator's own options of
        sampling, such as {"psi": 0.7}. Raises `Incompatible` for classes, given and options that it cannot take.
        """
        n = (64 if given is None else len(given)) if n is None else n
        request = sample_request(self, n, index(seed), classes, given)
        with sampling_options(self.generator, options or {}):
            shapes, own = self.header.data, seed_of("sample", index(seed))
            if request.given is not None and shapes.source and is_resized(request.given, shapes):
                return render_any_size(self.generator, self.data, request, shapes.source, shapes.shape, own)
            return render(self.generator, self.data, request, own)

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

        A conditional generator keeps to one class on a walk, one of `classes` in turn, and to one row of what is given.
        Raises `Incompatible` for an unknown walk and for fewer than two steps.
        """
        if walk not in INTERPOLATIONS or index(steps) < 2:
            what = f"walk={walk!r}" if walk not in INTERPOLATIONS else f"steps={steps}"
            raise Incompatible(f"{what} is no walk: it is {listed(INTERPOLATIONS)}, in 2 steps or more")
        ends = sample_request(self, n, index(seed), classes)
        z = walks(n, steps, self.recipe.settings.latent, seed_of("sample", index(seed)), walk).flatten(0, 1)
        y, given = (None if part is None else part.repeat_interleave(steps, 0) for part in (ends.y, ends.given))
        samples = render(self.generator, self.data, Request(z, y, given), seed_of("sample", index(seed)))
        return samples.reshape(n, steps, *samples.shape[1:])

    def evaluation(self, n: int | None = None, find_extractor: FindExtractor = extractor) -> Evaluation:
        """What the run's own evaluations score: `data.n_eval` samples, or n if that is more, always of the same z.

        Raises `DataError` where the data is not found, and `RunError` where it is not what it was.
        """
        try:
            check_data(self.folder, self.header, self.data)
        except DataError as error:
            where = f"this was looked for from {Path.cwd()}; a relative path counts from where the run was begun"
            raise DataError(f"{error} ({where})") from None
        return generated(self.game, self.data, self.recipe.settings.latent, self.network, n, find_extractor)


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
    assembled = _assemble(recipe, Form.of(data))
    return {**assembled.parameters, "chosen": assembled.chosen}


def _assemble(recipe: Recipe, form: Form) -> Assembled:
    """Networks on the CPU, to count parameters or to load weights into."""
    return assemble(recipe, form, Engine.choose("cpu", form.shape, recipe.settings.batch), seed=0)
