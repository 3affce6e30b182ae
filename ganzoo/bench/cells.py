"""A cell of a grid: one recipe, one seed, one run directory."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ganzoo.recipes.options import as_text
from ganzoo.recipes.recipe import Recipe
from ganzoo.runs.records import Result
from ganzoo.runs.rundir import RunDir, is_finished
from ganzoo.support.errors import RunError


@dataclass(frozen=True, eq=False)
class GridCell:
    """A run that a launcher is to start."""

    label: str
    """The combination as the grid writes it, with its data set: "dcgan+wgangp@digits"."""
    spec: str
    data: str | None
    settings: Mapping[str, Any]
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
        """The recipe's id."""
        return self.recipe.id

    @cached_property
    def primary(self) -> str:
        """The metric that ranks its data set."""
        primary: str = self.recipe.dataset.build().primary
        return primary

    @property
    def total(self) -> int:
        """The budget in real images shown to D."""
        return self.recipe.settings.total

    @property
    def name(self) -> str:
        """What messages call the cell."""
        return f"{self.label} seed {self.seed}"

    @property
    def arguments(self) -> dict[str, Any]:
        """Keyword arguments of `ganzoo.run`."""
        where = {"seed": self.seed, "device": self.device, "out": str(self.path)}
        return {"spec": self.spec, "data": self.data, "settings": dict(self.settings)} | where

    @property
    def command(self) -> list[str]:
        """The same run as arguments of the command `ganzoo`."""
        data = ["--data", self.data] if self.data is not None else []
        options = [
            f"--{name}={as_text(value)}" if name in ("images", "steps") else f"--set={name}={as_text(value)}"
            for name, value in self.settings.items()
        ]
        where = [f"--seed={self.seed}", f"--device={self.device}", f"--out={self.path}"]
        return ["run", self.spec, *data, *options, *where]

    def __str__(self) -> str:
        return f"ganzoo {shlex.join(self.command)}"

    def final_result(self) -> Result | None:
        """The result, if another run of the cell would not change it; None also where it cannot be read.

        Reads one file.
        """
        try:
            result = self.folder.result()
        except RunError:
            return None
        if result is None or (result.recipe_id, result.seed) != (self.id, self.seed):
            return None
        complete = result.status == "ok" and result.budget.images == self.total
        return result if complete or result.status == "diverged" else None

    def directory_fault(self) -> str:
        """What is wrong if the run directory holds another run, or a longer one; empty if it does not."""
        try:
            if self.final_result() is None:
                is_finished(self.folder, self.recipe, self.seed)
        except RunError as error:
            return str(error)
        return ""
