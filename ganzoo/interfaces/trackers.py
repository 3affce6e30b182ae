"""How a run is watched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ganzoo.interfaces.scores import Score


class Tracker:
    """Shows or stores what happens in a run. A dataclass whose fields are its options; every method is optional."""

    def start(self, run: Mapping[str, Any]) -> None:
        """Once, before the first move: the recipe, the budget, what was chosen, where the files go."""

    def progress(self, images: int) -> None:
        """Several times a second: real images shown to D so far."""

    def losses(self, images: int, losses: Mapping[str, float]) -> None:
        """Every 100 moves or so: the mean of each term since the last time, such as "d/wgan"."""

    def scores(self, images: int, scores: Sequence[Score]) -> None:
        """After each evaluation, ten times a run; on CUDA it may come after losses of more images."""

    def image(self, images: int, path: Path) -> None:
        """A picture of samples was written."""

    def finish(self, result: Any) -> None:
        """Once, at the end: the `ganzoo.Result`."""
