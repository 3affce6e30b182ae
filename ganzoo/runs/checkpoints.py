"""The checkpoints of a run on disk: written whole, and verified before they are used."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec

from ganzoo.support.files import sync, write, write_json

KEPT = 2
"""The newest checkpoints are kept; older ones are removed."""
REQUIRED = ("g.safetensors", "d.safetensors", "generator.safetensors", "state.pt")
"""The files that every checkpoint has, beside its manifest. Companions of a network have files of their own."""


class Stamp(msgspec.Struct, frozen=True):
    """What a manifest states about a file."""

    size: int
    sha256: str


class Checkpoints:
    """The folder `checkpoints/`, with a folder for each: its name is the number of real images shown to D."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, images: int, files: Mapping[str, bytes]) -> Path:
        """Write the files of a checkpoint and their manifest. Raises `OSError`: earlier checkpoints are unchanged."""
        target, temporary = self.path / f"{images:012d}", self.path / f".{images:012d}.tmp"
        shutil.rmtree(temporary, ignore_errors=True)
        try:
            temporary.mkdir(parents=True)
            for name, content in files.items():
                write(temporary / name, content)
            write_json(temporary / "manifest.json", {name: _stamp(content) for name, content in files.items()})
            shutil.rmtree(target, ignore_errors=True)
            os.replace(temporary, target)
            sync(self.path)
        except OSError:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        for old in self._newest_first()[KEPT:]:
            shutil.rmtree(old, ignore_errors=True)
        return target

    def newest(self) -> Path | None:
        """The newest checkpoint whose manifest verifies."""
        return next((path for path in self._newest_first() if _verifies(path)), None)

    def images(self) -> int:
        """Real images that the newest checkpoint has seen; 0 without one."""
        return int(checkpoint.name) if (checkpoint := self.newest()) else 0

    def _newest_first(self) -> list[Path]:
        folders = (path for path in self.path.glob("*") if path.name.isdecimal() and path.is_dir())
        return sorted(folders, key=lambda path: int(path.name), reverse=True)


def _stamp(content: bytes) -> Stamp:
    return Stamp(len(content), hashlib.sha256(content).hexdigest())


def _verifies(checkpoint: Path) -> bool:
    try:
        manifest = msgspec.json.decode((checkpoint / "manifest.json").read_bytes(), type=dict[str, Stamp])
        whole = all(stamp == _stamp((checkpoint / name).read_bytes()) for name, stamp in manifest.items())
        return whole and manifest.keys() >= {*REQUIRED}
    except (OSError, ValueError, msgspec.MsgspecError):
        return False
