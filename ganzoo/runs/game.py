"""Builds and runs a recipe, and reads what a run left behind."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from operator import index
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ganzoo.interfaces.datasets import Dataset
from ganzoo.interfaces.terms import Game
from ganzoo.interfaces.trackers import Tracker
from ganzoo.recipes.recipe import Recipe, resolve
from ganzoo.registry.registry import missing_plugins
from ganzoo.runs.attempt import Attempt, check_data
from ganzoo.runs.listing import root_of_runs
from ganzoo.runs.loop import restored
from ganzoo.runs.records import Header, Result
from ganzoo.runs.rundir import RunDir
from ganzoo.runs.standing import finished
from ganzoo.support.errors import DataError, DeviceError, Incompatible, RunError, SpecError
from ganzoo.support.latents import Walk, walks
from ganzoo.support.messages import nearest
from ganzoo.support.seeds import seed_of
from ganzoo.training.build import Assembly, assemble
from ganzoo.training.distributed import joined
from ganzoo.training.engine import Engine, find_device
from ganzoo.training.execution import MODES
from ganzoo.training.sampling import draw, evaluation_labels, render


def run(
    spec: str,
    *,
    data: str | None = None,
    images: int | str | None = None,
    steps: int | str | None = None,
    seed: int = 0,
    device: str = "auto",
    out: str | os.PathLike[str] | None = None,
    force: bool = False,
    trackers: Sequence[Tracker] = (),
    settings: Mapping[str, Any] | None = None,
    engine: str = "auto",
    **more: Any,
) -> Run:
    """Train a recipe such as "dcgan+wgangp@digits", or go on with a run of it that was stopped, and evaluate it.

    The budget is `images`, real images shown to D, or `steps`, moves of G. Settings are those of
    `Settings`, as in `lr=1e-3`, or in a mapping, as in `settings={"lr": "1e-3"}`. Files go to `out`, by
    default `runs/<spec>/<recipe id>-s<seed>`. A finished run is returned as it is, unless the budget grew; `force`
    trains it again. `engine` is how moves are run: "eager", "compile", "graph" (on CUDA), or "auto", which chooses by
    rule. Processes that `torchrun` started train one run together; the first of them writes.

    Raises `SpecError` and `Incompatible` before training, with all that is wrong; `DataError`; `RunError` for a
    directory that cannot be used; `Interrupted` after a signal. A run that diverged returns, with that status.
    """
    budget = {name: value for name, value in {"images": images, "steps": steps}.items() if value is not None}
    with _remembering(out):
        recipe, seed = resolve(spec, data, _merged(settings or {}, more, budget)), index(seed)
    folder = RunDir(Path(out) if out is not None else place(recipe, seed))
    with joined(lambda: find_device(device), recipe.settings.shards) as world:
        with folder.locked() if world.first else nullcontext():
            if world.largest(world.first and (force or not finished(folder, recipe, seed))):
                told = trackers if world.first else ()
                Attempt(recipe, folder, seed, device, told, force, _mode(engine), world).go()
        world.wait()
    return load(folder.path)


def _mode(engine: str) -> str:
    if engine not in ("auto", *MODES):
        raise DeviceError(f"no engine {engine!r}{nearest(engine, ['auto', *MODES])}")
    return engine


@contextmanager
def _remembering(out: str | os.PathLike[str] | None) -> Iterator[None]:
    """Where a run cannot go on because a plugin is gone, its directory knows which distribution that was."""
    try:
        yield
    except SpecError as error:
        header = RunDir(Path(out)).header() if out is not None else None
        raise SpecError([*error.faults, *missing_plugins(header.parts if header else ())]) from None


def load(path: str | os.PathLike[str]) -> Run:
    """Read a run directory: its record, its generator, samples. Raises `RunError` where there is none."""
    folder = RunDir(Path(path))
    if (header := folder.header()) is None:
        why = "it has no recipe.json" if folder.path.exists() else "it does not exist"
        raise RunError(f"{folder.path} is no run directory: {why}; `ganzoo runs` lists those there are")
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
            return resolve(self.header.spec, None, self.header.settings, canonical=True)
        except SpecError as error:
            why = "; ".join(missing_plugins(self.header.parts)) or error
            raise RunError(f"{self.path} cannot be used here: {why}") from None

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
    def generator(self) -> nn.Module:
        """(z, y=None) -> x in the network's units: the averaged weights of the newest checkpoint, in eval mode."""
        return restored(self._game, self.folder, "generator")

    def network(self, name: str) -> nn.Module:
        """Of the newest checkpoint, in eval mode: "generator", "discriminator", or a companion such as "encoder".

        All but the generator are as they last were, not averaged. Raises `RunError` for a name that there is not.
        """
        return self.generator if name == "generator" else restored(self._game, self.folder, name)

    def sample(self, n: int = 64, *, seed: int = 0, classes: Sequence[int] | None = None) -> Tensor:
        """n samples: uint8 (n, C, H, W), or points (n, 2) float32 in the data's units. A function of the seed.

        A conditional generator is asked for `classes` in turn; without them for any, each with equal chance. Raises
        `Incompatible` for a class that there is not, and where the generator takes none.
        """
        y = self._asked(n, index(seed), classes)
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
        """n walks between random latents, (n, steps, *shape): each from a sample of that seed to another, both counted.

        A conditional generator keeps to one class on a walk: of `classes` in turn, as `sample`.
        """
        y, latent = self._asked(n, index(seed), classes), self.recipe.settings.latent
        z = walks(n, steps, latent, seed_of("sample", index(seed)), walk).flatten(0, 1)
        shown = render(self.generator, self.data, z, None if y is None else y.repeat_interleave(steps))
        return shown.reshape(n, steps, *shown.shape[1:])

    def _asked(self, n: int, seed: int, classes: Sequence[int] | None) -> Tensor | None:
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


def sizes(recipe: Recipe) -> dict[str, Any]:
    """Parameters of each network, and what its builder chose: {"g": 123, "d": 67, "chosen": {"d.norm": "batch"}}."""
    data = recipe.dataset.build()
    assembly = _assemble(recipe, data.shape, data.labels)
    return {**assembly.sizes, "chosen": assembly.chosen}


def _assemble(recipe: Recipe, shape: tuple[int, ...], labels: int) -> Assembly:
    """On the CPU, to look at or to load weights into."""
    return assemble(recipe, shape, labels, Engine.choose("cpu", shape, recipe.settings.batch), seed=0)


def place(recipe: Recipe, seed: int, root: Path | None = None) -> Path:
    """Where a run is unless it is told otherwise: below `root`, by default that of all runs."""
    return (root or root_of_runs()) / recipe.slug / f"{recipe.id}-s{seed}"


def _merged(*said: Mapping[str, Any]) -> dict[str, Any]:
    """Settings from several places. Raises `SpecError` where two of them speak of the same."""
    names = [name for settings in said for name in settings]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SpecError([f"{name} is given twice, among the settings and by itself; give it once" for name in twice])
    return {name: value for settings in said for name, value in settings.items()}
