"""The pictures of a whole run."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

from ganzoo.plots.curves import read_log, run_curves
from ganzoo.plots.film import progress_gif
from ganzoo.plots.picture import png_bytes
from ganzoo.runs.rundir import RunDir
from ganzoo.support.errors import GanzooWarning
from ganzoo.support.files import write
from ganzoo.support.messages import sentence


def illustrate(folder: RunDir, images: int) -> None:
    """Draw `curves.png` and `samples/progress.gif` of a run that has seen `images`. A failure is only a warning."""
    pictures: dict[Path, Callable[[], bytes | None]] = {
        folder.curves_file: lambda: _curves(folder),
        folder.samples / "progress.gif": lambda: _progress(folder, images),
    }
    for path, draw in pictures.items():
        try:
            if content := draw():
                write(path, content)
        except Exception as error:
            warnings.warn(f"{path} was not drawn: {sentence(error)}", GanzooWarning, stacklevel=2)


def _curves(folder: RunDir) -> bytes | None:
    picture = run_curves(read_log(folder.log_file))
    return png_bytes(picture) if picture else None


def _progress(folder: RunDir, images: int) -> bytes | None:
    """Of the pictures up to `images`: a run that was stopped may have left a later one, which it will draw again."""
    pictures = {int(path.stem): path for path in folder.samples.glob("*.png") if path.stem.isdecimal()}
    pictures = {at: path for at, path in pictures.items() if at <= images}
    return progress_gif(pictures) if pictures else None
