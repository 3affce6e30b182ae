"""The pictures of a whole run."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

from ganzoo.plots.curves import curves, read_log
from ganzoo.plots.film import progress
from ganzoo.plots.picture import png
from ganzoo.runs.rundir import RunDir
from ganzoo.support.errors import GanzooWarning
from ganzoo.support.files import write
from ganzoo.support.messages import sentence


def illustrate(folder: RunDir, images: int) -> None:
    """Draw a run of so many images: `curves.png` and `samples/progress.gif`. What cannot be drawn costs a warning."""
    draw: dict[Path, Callable[[], bytes | None]] = {
        folder.curves_file: lambda: _curves(folder),
        folder.samples / "progress.gif": lambda: _progress(folder, images),
    }
    for path, content in draw.items():
        try:
            if made := content():
                write(path, made)
        except Exception as error:
            warnings.warn(f"{path} was not drawn: {sentence(error)}", GanzooWarning, stacklevel=2)


def _curves(folder: RunDir) -> bytes | None:
    drawn = curves(read_log(folder.log_file))
    return png(drawn) if drawn else None


def _progress(folder: RunDir, images: int) -> bytes | None:
    """Of the pictures up to `images`: a run that was stopped may have left one behind that it draws again."""
    found = {int(path.stem): path for path in folder.samples.glob("*.png") if path.stem.isdecimal()}
    seen = {at: path for at, path in found.items() if at <= images}
    return progress(seen) if seen else None
