"""The checkpoints of a run on disk: written whole, and verified before they are used."""

from __future__ import annotations

import hashlib
import os
import shutil
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from ganzoo.support.errors import GanzooWarning
from ganzoo.support.files import reading, sync, write, write_json
from ganzoo.support.messages import sentence

KEPT = 2
"""The newest checkpoints are kept; older ones are removed."""
MISSING = (FileNotFoundError, NotADirectoryError, IsADirectoryError)
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
            _remove(target)
            os.replace(temporary, target)
            sync(self.path)
        except OSError:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        for old in self._newest_first()[KEPT:]:
            _remove(old)
        return target

    def newest(self) -> Path | None:
        """The newest checkpoint whose manifest verifies. A `GanzooWarning` names newer ones that are damaged."""
        whole, damaged = self.inspect()
        if damaged:
            instead = f"{whole} is used instead" if whole else "there is no older one that is whole"
            warnings.warn(f"{'; '.join(damaged)}; {instead}", GanzooWarning, stacklevel=2)
        return whole

    def inspect(self) -> tuple[Path | None, list[str]]:
        """The newest checkpoint that is whole, and a sentence for each newer one, which is damaged.

        Raises `RunError` where the disk does not let them be read, which is no damage.
        """
        damaged: list[str] = []
        with reading(self.path, "nothing was changed; try again when the disk can be read"):
            for path in self._newest_first():
                if not (damage := _damage(path)):
                    return path, damaged
                if path.exists():  # else a process that trains has just removed it
                    damaged.append(f"the checkpoint {path} is damaged: {damage}")
        return None, damaged

    def images(self) -> int:
        """Real images that the newest checkpoint has seen; 0 without one."""
        return int(checkpoint.name) if (checkpoint := self.newest()) else 0

    def _newest_first(self) -> list[Path]:
        folders = (path for path in self.path.glob("*") if path.name.isdecimal() and path.is_dir())
        return sorted(folders, key=lambda path: int(path.name), reverse=True)


def _stamp(content: bytes) -> Stamp:
    return Stamp(len(content), hashlib.sha256(content).hexdigest())


def _remove(checkpoint: Path) -> None:
    """Under a name that is no checkpoint's: who reads meanwhile finds it whole or not at all."""
    leaving = checkpoint.with_name(f".{checkpoint.name}.old")
    shutil.rmtree(leaving, ignore_errors=True)
    with suppress(FileNotFoundError):
        os.replace(checkpoint, leaving)
    shutil.rmtree(leaving, ignore_errors=True)


def _damage(checkpoint: Path) -> str:
    """What is wrong with a checkpoint: empty if nothing is. Raises `OSError` for what is there but cannot be read."""
    try:
        manifest = msgspec.json.decode((checkpoint / "manifest.json").read_bytes(), type=dict[str, Stamp])
    except MISSING:
        return "manifest.json is missing"
    except (ValueError, msgspec.MsgspecError) as error:
        return f"manifest.json cannot be read ({sentence(error)})"
    if missing := sorted({*REQUIRED} - manifest.keys()):
        return f"manifest.json does not name {missing[0]}"
    return next(_damaged_files(checkpoint, manifest), "")


def _damaged_files(checkpoint: Path, manifest: Mapping[str, Stamp]) -> Iterator[str]:
    for name, stamp in manifest.items():
        try:
            content = (checkpoint / name).read_bytes()
        except MISSING:
            yield f"{name} is missing"
        else:
            if len(content) != stamp.size:
                yield f"{name} has {len(content):,} bytes and not {stamp.size:,}"
            elif _stamp(content) != stamp:
                yield f"the content of {name} has changed"
