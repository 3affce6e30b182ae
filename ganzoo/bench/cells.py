"""A cell of a grid: one recipe, one seed, one run directory."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ganzoo.recipes.options import written
from ganzoo.recipes.recipe import Recipe
from ganzoo.runs.finished import is_finished
from ganzoo.runs.records import Result
from ganzoo.runs.rundir import RunDir


@dataclass(frozen=True, eq=False)
class Cell:
    """What one worker is given to do."""

    label: str
    """The combination as it was written, with its data set: "dcgan+wgangp@digits"."""
    spec: str
    data: str | None
    given: Mapping[str, Any]
    """Settings and budget that the grid states."""
    recipe: Recipe
    seed: int
    path: Path
    device: str = "auto"
    folder: RunDir = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", RunDir(self.path))

    @cached_property
    def id(self) -> str:
        """Of the recipe."""
        return self.recipe.id

    @property
    def total(self) -> int:
        """Real images that the finished cell will have seen."""
        return self.recipe.settings.total

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.label} seed {self.seed}"

    @property
    def arguments(self) -> dict[str, Any]:
        """Of `ganzoo.run`."""
        where = {"seed": self.seed, "device": self.device, "out": str(self.path)}
        return {"spec": self.spec, "data": self.data, "settings": dict(self.given)} | where

    @property
    def command(self) -> list[str]:
        """The same as arguments of `ganzoo`."""
        data = ["--data", self.data] if self.data is not None else []
        budget = [f"--{name}={written(v)}" for name, v in self.given.items() if name in ("images", "steps")]
        rest = [f"--set={name}={written(v)}" for name, v in self.given.items() if name not in ("images", "steps")]
        where = [f"--seed={self.seed}", f"--device={self.device}", f"--out={self.path}"]
        return ["run", self.spec, *data, *budget, *rest, *where]

    def __str__(self) -> str:
        return f"ganzoo {shlex.join(self.command)}"

    def ended(self) -> Result | None:
        """The result, if it is one that no further run would change. Reads one file."""
        result = self.folder.result()
        if result is None or (result.recipe_id, result.seed) != (self.id, self.seed):
            return None
        whole = result.status == "ok" and result.budget.images == self.total
        return result if whole or result.status == "diverged" else None

    def obstacle(self) -> bool:
        """Whether it has ended, looked at closely. Raises `RunError` where the directory holds something else."""
        return self.ended() is not None or is_finished(self.folder, self.recipe, self.seed)
