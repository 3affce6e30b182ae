"""The original files of a standard data set: found on this machine, or downloaded once into the user's cache."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ganzoo.support.errors import DataError
from ganzoo.support.files import all_named_by, cache_dir

SYSTEM = Path("/usr/share/datasets")
"""Where Debian's packages install data."""


def damaged(path: Path, why: str) -> DataError:
    """The error to raise for a file that is not the original one."""
    return DataError(f"{path}: cannot be read: {why}; replace it with the original file")


def data_roots() -> list[Path]:
    """The folders in which data sets are looked for: GANZOO_DATA, the user's cache, and `SYSTEM`."""
    return [*all_named_by("GANZOO_DATA"), cache_dir(), SYSTEM]


@dataclass(frozen=True, kw_only=True)
class DataFiles:
    """The files of one data set. All must be in one folder: files from different folders are never combined."""

    title: str
    """The usual name of the data set: "CIFAR-10"."""
    names: tuple[str, ...]
    """File names; a name may also be that of a folder."""
    folders: tuple[str, ...]
    """The folders below a data root that may hold the files; `fetch` creates the last one."""
    suffixes: tuple[str, ...] = ("",)
    """What may follow a file name; of two existing files the later suffix is used."""
    fetch: Callable[[str], object]
    """Downloads, checks and unpacks the files into an empty folder, through torchvision. May raise anything."""

    def paths(self) -> dict[str, Path]:
        """The path of each file by its name; downloads missing files. Raises `DataError` if this fails."""
        return self.find() or self.download()

    def find(self) -> dict[str, Path] | None:
        """The files in the first folder that has any. Raises `DataError` if this folder does not have all."""
        for folder in self._candidates():
            paths = {n: p for n in self.names for suffix in self.suffixes if (p := folder / f"{n}{suffix}").exists()}
            if paths and (missing := [name for name in self.names if name not in paths]):
                gzipped = " (or .gz)" if ".gz" in self.suffixes else ""
                raise DataError(
                    f"{folder}: has {len(paths)} of the {len(self.names)} files of {self.title}; "
                    f"missing: {', '.join(missing)}{gzipped}; add the missing files, or remove the others"
                )
            if paths:
                return paths
        return None

    def _candidates(self) -> list[Path]:
        """`folders` below each data root, and each data root whose own name is one of `folders`.

        No other data root is searched for the files themselves: those of MNIST, Fashion-MNIST and KMNIST have the same
        names, so only the folder tells them apart.
        """
        relative = [Path(folder) for folder in self.folders]
        return [
            folder
            for root in data_roots()
            for end in relative
            for folder in (root / end, root)
            if folder.parts[-len(end.parts) :] == end.parts
        ]

    def download(self) -> dict[str, Path]:
        """Download all files into the cache. A failed download leaves nothing there. Raises `DataError`."""
        root, top = cache_dir(), Path(self.folders[-1]).parts[0]
        try:
            root.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(dir=root) as unfinished:  # moved when complete, so an interruption leaves nothing
                self.fetch(unfinished)
                if not (root / top).exists():  # else another process was faster
                    os.replace(Path(unfinished, top), root / top)
        except Exception as error:
            raise DataError(
                f"{self.title} is not in {', '.join(map(str, data_roots()))}, and cannot be downloaded "
                f"({str(error) or type(error).__name__}). Put its files ({', '.join(self.names)}) into a folder named "
                f"{self.folders[0]}, and set GANZOO_DATA to the folder that contains it"
            ) from None
        if (paths := self.find()) is None:
            raise DataError(f"{root / top}: does not hold the files of {self.title}; remove this folder, and try again")
        return paths
