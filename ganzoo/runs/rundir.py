"""A run directory: what is written is whole or not there, and only one process writes."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ganzoo.runs.records import Header, Result
from ganzoo.support.errors import RunError
from ganzoo.support.files import sync, write, write_json, writing

KEPT = 2  # checkpoints
BUSY = "another process is writing"
"""How the error of a directory that is held begins."""
CHECKPOINT = ("g.safetensors", "d.safetensors", "generator.safetensors", "state.pt")
"""The files that every checkpoint has, beside its manifest; what trains beside a network has its own."""
T = TypeVar("T")


class Stamp(msgspec.Struct, frozen=True):
    """What a manifest says of a file."""

    size: int
    sha256: str


class Moment(msgspec.Struct, frozen=True):
    """When a line of `log.jsonl` was written."""

    images: int


class RunDir:
    """`recipe.json`, `log.jsonl`, `samples/`, `checkpoints/<images>/`, `result.json`, `curves.png`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.samples, self.checkpoints = path / "samples", path / "checkpoints"
        self.recipe_file, self.result_file = path / "recipe.json", path / "result.json"
        self.log_file, self.lock_file = path / "log.jsonl", path / ".ganzoo.lock"
        self.curves_file = path / "curves.png"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory. Raises `RunError` if another process does, or if it is something else than a run's."""
        with writing(self.path, "give another directory with --out"):
            made = [path for path in (self.path, *self.path.parents) if not path.exists()]
            self.path.mkdir(parents=True, exist_ok=True)
            lock = open(self.lock_file, "a+")  # noqa: SIM115 -- held until the end
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RunError(f"{BUSY} {self.path}; wait for it, or use another --out") from None
            try:
                self._refuse_strangers()
                yield
            finally:
                self._leave(made)

    def _refuse_strangers(self) -> None:
        """What is not a run's is not ours to write among, or to clear."""
        early = (self.lock_file.name, f".{self.recipe_file.name}.")  # all that a run has which was killed at once
        names = (path.name for path in self.path.iterdir())
        if not self.recipe_file.is_file() and (found := [name for name in names if not name.startswith(early)]):
            raise RunError(
                f"{self.path} is no run directory: it has no recipe.json, but {min(found)}; give a directory with "
                "--out that is empty, or not there yet"
            )

    def _leave(self, made: Iterable[Path]) -> None:
        """Where no run began, nothing of ours stays: neither the lock nor directories that were `made` for it."""
        if not self.recipe_file.is_file():
            self.lock_file.unlink(missing_ok=True)
            with suppress(OSError):  # another process has put something there
                for path in made:
                    path.rmdir()

    def running(self) -> bool:
        """Whether a process holds the directory."""
        try:
            with open(self.lock_file) as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def header(self) -> Header | None:
        """`recipe.json`; None if there is none. Raises `RunError` if it is not what a run writes."""
        return self._read(self.recipe_file, Header)

    def result(self) -> Result | None:
        """`result.json`; None if there is none. Raises `RunError` if it is not what a run writes."""
        return self._read(self.result_file, Result)

    def _read(self, path: Path, kind: type[T]) -> T | None:
        try:
            return msgspec.json.decode(path.read_bytes(), type=kind)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, msgspec.MsgspecError) as error:
            raise RunError(f"{path} cannot be read ({error}); repair it, or run again with --force") from None

    def begin(self, header: Header) -> None:
        """From here on the run is this one, and what came out before is no longer what is there."""
        with self._writing(self.recipe_file):
            write_json(self.recipe_file, header)
            self.result_file.unlink(missing_ok=True)
            sync(self.path)

    def end(self, result: Result) -> None:
        """Write the record."""
        with self._writing(self.result_file):
            write_json(self.result_file, result)

    def clear(self) -> None:
        """Remove what a run wrote, and nothing else. `recipe.json`, by which it is known as one, is for `begin`."""
        with self._writing(self.path):
            for path in (self.result_file, self.log_file, self.curves_file):
                path.unlink(missing_ok=True)
            for path in (self.checkpoints, self.samples):
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)

    @contextmanager
    def _writing(self, path: Path) -> Iterator[None]:
        """`writing`, saying what is safe."""
        try:
            with writing(path, ""):
                yield
        except RunError as error:
            kept = f"the checkpoint of {self.images():,} images is whole" if self.latest() else "there is no checkpoint"
            raise RunError(f"{error}{kept}; make room and run the same command again") from None

    def log(self, line: Mapping[str, Any]) -> None:
        """Append a line to `log.jsonl`; a number that is not finite becomes null."""
        with self._writing(self.log_file), open(self.log_file, "ab") as file:
            file.write(msgspec.json.encode(line) + b"\n")

    def trim_log(self, images: int) -> None:
        """Forget what was logged after the checkpoint from which a run goes on, and lines that are not whole."""
        if self.log_file.exists():
            with self._writing(self.log_file):
                lines = self.log_file.read_bytes().splitlines(keepends=True)
                write(self.log_file, b"".join(line for line in lines if _logged_by(images, line)))

    def picture(self, images: int, png: bytes) -> Path:
        """Write `samples/<images>.png`."""
        path = self.samples / f"{images:012d}.png"
        with self._writing(path):
            path.parent.mkdir(exist_ok=True)
            write(path, png)
        return path

    def checkpoint(self, images: int, files: Mapping[str, bytes]) -> Path:
        """Write the files, named as `CHECKPOINT` says, and their manifest as `checkpoints/<images>`; keep the last two.

        Raises `RunError` when the disk is full or not writable: earlier checkpoints are as they were.
        """
        target, temporary = self.checkpoints / f"{images:012d}", self.checkpoints / f".{images:012d}.tmp"
        shutil.rmtree(temporary, ignore_errors=True)
        with self._writing(target):
            try:
                temporary.mkdir(parents=True)
                for name, content in files.items():
                    write(temporary / name, content)
                write_json(temporary / "manifest.json", {name: _stamp(content) for name, content in files.items()})
                shutil.rmtree(target, ignore_errors=True)
                os.replace(temporary, target)
                sync(self.checkpoints)
            except OSError:
                shutil.rmtree(temporary, ignore_errors=True)
                raise
        for old in self._newest_first()[KEPT:]:
            shutil.rmtree(old, ignore_errors=True)
        return target

    def _newest_first(self) -> list[Path]:
        found = (path for path in self.checkpoints.glob("*") if path.name.isdecimal() and path.is_dir())
        return sorted(found, key=lambda path: int(path.name), reverse=True)

    def latest(self) -> Path | None:
        """The newest checkpoint whose manifest verifies."""
        return next((path for path in self._newest_first() if _verifies(path)), None)

    def images(self) -> int:
        """Those that the newest checkpoint has seen; 0 without one."""
        return int(checkpoint.name) if (checkpoint := self.latest()) else 0


def _logged_by(images: int, line: bytes) -> bool:
    try:
        return line.endswith(b"\n") and msgspec.json.decode(line, type=Moment).images <= images
    except (ValueError, msgspec.MsgspecError):
        return False


def _stamp(content: bytes) -> Stamp:
    return Stamp(len(content), hashlib.sha256(content).hexdigest())


def _verifies(checkpoint: Path) -> bool:
    try:
        manifest = msgspec.json.decode((checkpoint / "manifest.json").read_bytes(), type=dict[str, Stamp])
        whole = all(stamp == _stamp((checkpoint / name).read_bytes()) for name, stamp in manifest.items())
        return whole and manifest.keys() >= {*CHECKPOINT}
    except (OSError, ValueError, msgspec.MsgspecError):
        return False
