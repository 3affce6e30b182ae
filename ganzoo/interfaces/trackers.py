"""How a run is watched."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol


class Tracker(Protocol):
    """Told what happens in a run; shows or stores it."""

    def start(self, run: Mapping[str, Any]) -> None:
        """Once, before the first move: the recipe, the budget, what was chosen, where the files go."""

    def log(self, images: int, values: Mapping[str, Any]) -> None:
        """Now and then: losses by term ("d/wgan"), speed, and metrics when there are new ones."""

    def image(self, images: int, path: Path) -> None:
        """A picture of samples was written."""

    def finish(self, result: Any) -> None:
        """Once, at the end: the `ganzoo.runs.records.Result`."""
