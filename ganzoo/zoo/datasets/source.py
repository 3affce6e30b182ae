"""Where the files of a standard data set are: found on this machine, or downloaded once into the user's cache."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ganzoo.support.errors import DataError
from ganzoo.support.files import cache_dir

SYSTEM = Path("/usr/share/datasets")
"""Where Debian's packages put data."""


def damaged(path: Path, why: str) -> DataError:
    """The error to raise for a file that is not what it should be."""
    return DataError(f"{path}: cannot be read: {why}; replace it with the original file")


def roots() -> list[Path]:
    """Where data is looked for: GANZOO_DATA, the user's cache, and `SYSTEM`."""
    named = os.environ.get("GANZOO_DATA", "").split(os.pathsep)
    return [*(Path(root).expanduser() for root in named if root), cache_dir(), SYSTEM]


@dataclass(frozen=True, kw_only=True)
class Source:
    """The original files of one data set. All must lie in one folder: half a set is never completed from elsewhere."""

    title: str
    """As people call it: "CIFAR-10"."""
    files: tuple[str, ...]
    """Names in its folder, which may themselves be folders."""
    places: tuple[str, ...]
    """The folder, below a root; the last is where `fetch` puts it."""
    suffixes: tuple[str, ...] = ("",)
    """What may follow a name, the preferred last."""
    fetch: Callable[[str], object]
    """Downloads, checks and unpacks into a folder that is empty: torchvision's part. Raises what it likes."""

    def __call__(self) -> dict[str, Path]:
        """The path of each file, by name. Raises `DataError` when there is no way to get them."""
        return self.find() or self.download()

    def find(self) -> dict[str, Path] | None:
        """The first folder that has any of the files. Raises `DataError` when it has some and not all."""
        for folder in self._folders():
            found = {n: p for n in self.files for suffix in self.suffixes if (p := folder / f"{n}{suffix}").exists()}
            if found and (missing := [n for n in self.files if n not in found]):
                gzipped = " (or .gz)" if ".gz" in self.suffixes else ""
                raise DataError(
                    f"{folder}: has {len(found)} of the {len(self.files)} files of {self.title}; "
                    f"missing: {', '.join(missing)}{gzipped}; put back what is missing, or remove the rest"
                )
            if found:
                return found
        return None

    def _folders(self) -> list[Path]:
        """Every root's places, and a root that bears the name of a place.

        Not any root: MNIST, Fashion-MNIST and KMNIST have the same file names, so that only the folder tells which.
        """
        named = [Path(place) for place in self.places]
        return [
            folder
            for root in roots()
            for place in named
            for folder in (root / place, root)
            if folder.parts[-len(place.parts) :] == place.parts
        ]

    def download(self) -> dict[str, Path]:
        """Into the cache, whole or not at all."""
        root, top = cache_dir(), Path(self.places[-1]).parts[0]
        try:
            root.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(dir=root) as unfinished:  # moved when whole, so that an interruption leaves nothing
                self.fetch(unfinished)
                if not (root / top).exists():  # else another process was faster
                    os.replace(Path(unfinished, top), root / top)
        except Exception as error:
            raise DataError(
                f"{self.title} is not in {', '.join(map(str, roots()))}, and cannot be downloaded "
                f"({str(error) or type(error).__name__}). Put its files ({', '.join(self.files)}) into a folder named "
                f"{self.places[0]}, and set GANZOO_DATA to the folder which that lies in"
            ) from None
        if (found := self.find()) is None:
            raise DataError(f"{root / top}: {self.title} was downloaded, but its files are not there; remove it")
        return found
