"""Samples as files: what the suffix of a name asks for, and what a data set knows to write."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ganzoo.interfaces.datasets import Dataset
from ganzoo.plots.film import walk_gif
from ganzoo.plots.picture import png_bytes
from ganzoo.support.errors import DataError, Incompatible
from ganzoo.support.files import write, writing, written_whole
from ganzoo.support.messages import listed

ADVICE = "give another FILE"


def check_form(path: Path, data: Dataset, walks: bool) -> None:
    """Raise `Incompatible` where samples, or walks, of this data are never written to files of this suffix."""
    forms = [".npz", ".png", ".gif"] if walks else list(dict.fromkeys([".npz", *data.suffixes, ".png"]))
    if (suffix := path.suffix.lower()) in forms or _is_folder(path, data, walks):
        return
    what = "walks" if walks else "samples"
    hint = "; .gif is for walks, with --interpolate K" if suffix == ".gif" else ""
    given = f"its suffix is {suffix}" if suffix else "it has no suffix"
    raise Incompatible(f"{path}: {what} of {data.name} are written as {listed(forms)}, but {given}{hint}")


def _is_folder(path: Path, data: Dataset, walks: bool) -> bool:
    """Whether images are to be files of a folder: its name has no suffix."""
    return data.kind == "image" and not walks and not path.suffix


def write_samples(
    path: Path,
    data: Dataset,
    samples: Tensor,
    y: Tensor | None = None,
    given: Tensor | None = None,
    *,
    walks: bool = False,
    classes: Sequence[int] | None = None,
) -> None:
    """Write samples (N, ...), or walks (N, steps, ...), as the suffix says: a file is whole, or not there.

    .npz holds them and the classes y (N,) that were asked for; .png is a picture of all, each with what was `given` for
    it, or one image as it is; .gif a film of walks; what else there is, the data set writes. Images to a name without
    suffix, a folder: 00000.png and so on, in a folder of each class that was asked for. Raises `Incompatible` for
    another suffix, `DataError` where samples cannot be written so, and `RunError` where the system refuses.
    """
    check_form(path, data, walks)
    suffix = path.suffix.lower()
    with writing(path, ADVICE):
        if _is_folder(path, data, walks):
            _write_folder(path, data, samples, y)
        elif suffix == ".npz":
            write(path, npz_bytes(data, samples, y, given))
        elif suffix == ".gif" and walks:
            write(path, walk_gif([picture(data, step) for step in samples.unbind(1)]))
        elif suffix in data.suffixes and not walks and (suffix != ".png" or len(samples) == 1):
            _write_own(path, data, samples)
        else:
            write(path, png_bytes(picture(data, samples, given, classes)))


def _write_folder(path: Path, data: Dataset, samples: Tensor, y: Tensor | None) -> None:
    """Every image as a file. Raises `DataError` for a folder that holds anything: a mixture would be scored as one."""
    if path.exists() and any(path.iterdir()):
        raise DataError(f"{path}: holds files already; give an empty folder, or one that does not exist")
    for i, sample in enumerate(samples):
        folder = path if y is None else path / str(int(y[i]))
        folder.mkdir(parents=True, exist_ok=True)
        _write_own(folder / f"{i:05}.png", data, sample[None])


def _write_own(path: Path, data: Dataset, samples: Tensor) -> None:
    with written_whole(path) as temporary:
        try:
            data.write(samples, temporary)
        except DataError as error:  # it names the file that it was given
            raise DataError(str(error).replace(str(temporary), str(path))) from None


def npz_bytes(data: Dataset, samples: Tensor, y: Tensor | None = None, given: Tensor | None = None) -> bytes:
    """An .npz file of `samples`, images with their channels last, and of `labels` and `given` where there are any."""
    arrays = {"samples": samples.movedim(-3, -1) if data.kind == "image" else samples}
    if y is not None:
        arrays["labels"] = y
    if given is not None:
        arrays["given"] = given.movedim(1, -1) if given.dim() == 4 and given.dtype == torch.uint8 else given
    buffer = io.BytesIO()
    np.savez(buffer, **{name: tensor.numpy() for name, tensor in arrays.items()})  # type: ignore[arg-type]
    return buffer.getvalue()


def picture(
    data: Dataset, samples: Tensor, given: Tensor | None = None, classes: Sequence[int] | None = None
) -> Image.Image:
    """The data set's picture of samples, each with what was given for it, if anything was.

    Of classes in turn, each is in a column if n allows it. Raises `Incompatible` where there is no picture.
    """
    drawn = data.picture(_columns(samples, classes)) if given is None else data.picture(samples, given)
    if drawn is None:
        raise Incompatible(f"samples of {data.name} cannot be drawn; use --npz FILE")
    return drawn


def _columns(samples: Tensor, classes: Sequence[int] | None) -> Tensor:
    """Images of classes in turn, arranged so that each column of the picture has one class, if n allows it."""
    if not classes or samples.dim() != 4:
        return samples
    columns = len(classes) * max(1, round(len(samples) ** 0.5) // len(classes))
    return samples if len(samples) % columns else samples.reshape(-1, columns, *samples.shape[1:])
