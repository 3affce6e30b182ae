"""The pictures of a run: of the samples at each mark, and of the whole run at its end."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

from torch import Tensor, nn

from ganzoo.interfaces.datasets import Dataset
from ganzoo.plots.curves import read_log, run_curves
from ganzoo.plots.film import progress_gif
from ganzoo.plots.picture import png_bytes
from ganzoo.runs.rundir import RunDir
from ganzoo.support.errors import GanzooWarning
from ganzoo.support.files import write
from ganzoo.support.messages import sentence
from ganzoo.training.sampling import classwise
from ganzoo.zoo.metrics.base import Evaluation

MOST_COLUMNS = 16  # a picture has a column for each class, unless there are more


def shown(e: Evaluation, generator: nn.Module, latent: int, classes: int) -> tuple[Tensor, ...]:
    """What a picture is made of: samples that are scored; of images only 64, or a column for each class."""
    if e.given is not None:
        return e.x[:64], e.given[:64]
    if e.x.dim() != 4:
        return (e.x,)
    if not 0 < classes <= MOST_COLUMNS:
        return (e.x[:64],)
    return (classwise(generator, e.data, latent, classes),)


def picture_of(data: Dataset, shown: tuple[Tensor, ...]) -> bytes | None:
    """The picture as a PNG, if the data has any."""
    picture = data.picture(*shown)
    return png_bytes(picture) if picture else None


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
