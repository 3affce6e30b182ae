"""A folder of images through a generator that translates, file by file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ganzoo.evaluation.given import given_files, load_given
from ganzoo.evaluation.write_samples import write_samples
from ganzoo.runs.run import Run
from ganzoo.support.errors import DataError
from ganzoo.support.files import writing


def translate_folder(
    run: Run, given: Path, out: Path, seed: int = 0, options: Mapping[str, Any] | None = None
) -> list[Path]:
    """Write out/<name>.png for each image of a folder, or for one image; each may have a size of its own.

    Returns the files written. Raises `DataError` or `Incompatible` where an image cannot be used: before any is written
    if it cannot be read.
    """
    inside = given if given.is_dir() else given.parent
    pairs = [(file, (out / file.relative_to(inside)).with_suffix(".png")) for file in given_files(given)]
    if len({target for _, target in pairs}) < len(pairs):
        raise DataError(f"{given}: two images have the same name but for the suffix; rename one")
    images = [(load_given(file, run.data), target) for file, target in pairs]
    for image, target in images:
        sample = run.sample(1, seed=seed, given=image, options=options)
        with writing(target, "give another folder"):
            target.parent.mkdir(parents=True, exist_ok=True)
        write_samples(target, run.data, sample)
    return [target for _, target in images]
