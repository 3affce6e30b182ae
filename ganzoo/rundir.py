"""A run directory: what is written is whole or not there, and only one process writes."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

KEPT = 2  # checkpoints


class RunError(Exception):
    """A run directory cannot be used as asked. The message says why, and what to do."""

    exit_code: ClassVar[int] = 1


def write(path: Path, content: bytes) -> None:
    """Write a file so that a crash leaves the old one or the new one, never a part."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync(path.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_json(path: Path, value: Any) -> None:
    """`write` as JSON, indented for people."""
    write(path, json.dumps(value, indent=1).encode() + b"\n")


class RunDir:
    """`recipe.json`, `log.jsonl`, `samples/`, `checkpoints/<images>/`, `result.json`."""

    OURS = ("recipe.json", "log.jsonl", "samples", "checkpoints", "result.json")

    def __init__(self, path: Path) -> None:
        self.path = path
        self.samples, self.checkpoints = path / "samples", path / "checkpoints"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory, or raise `RunError` if another process does."""
        self.path.mkdir(parents=True, exist_ok=True)
        with open(self.path / ".lock", "a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RunError(f"another process is writing {self.path}; wait for it, or use another --out") from None
            try:
                yield
            finally:
                self._leave()

    def _leave(self) -> None:
        """A directory in which no run began is not left behind."""
        if not (self.path / "recipe.json").exists():
            (self.path / ".lock").unlink(missing_ok=True)
            with suppress(OSError):
                self.path.rmdir()
                self.path.parent.rmdir()

    def clear(self) -> None:
        """Remove what a run wrote, and nothing else."""
        for name in self.OURS:
            path = self.path / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    def read_json(self, name: str) -> Any:
        """The content of a JSON file here; None if it is not there."""
        try:
            return json.loads((self.path / name).read_text())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise RunError(
                f"{self.path / name} cannot be read ({error}); remove it, or run again with --force"
            ) from None

    def log(self, line: Mapping[str, Any]) -> None:
        """Append a line to `log.jsonl`."""
        with open(self.path / "log.jsonl", "a") as file:
            file.write(json.dumps(line) + "\n")

    def trim_log(self, images: int) -> None:
        """Forget what was logged after the checkpoint from which a run goes on."""
        log = self.path / "log.jsonl"
        if log.exists():
            whole = [line for line in log.read_text().splitlines(keepends=True) if line.endswith("\n")]
            write(log, "".join(line for line in whole if json.loads(line)["images"] <= images).encode())

    def checkpoint(self, images: int, files: Mapping[str, bytes]) -> Path:
        """Write the files and their manifest as `checkpoints/<images>`; keep the last two that verify.

        Raises `RunError` when the disk is full or not writable: earlier checkpoints are as they were.
        """
        target, temporary = self.checkpoints / f"{images:012d}", self.checkpoints / f".{images:012d}.tmp"
        shutil.rmtree(temporary, ignore_errors=True)
        try:
            temporary.mkdir(parents=True)
            for name, content in files.items():
                write(temporary / name, content)
            manifest = {name: {"size": len(c), "sha256": hashlib.sha256(c).hexdigest()} for name, c in files.items()}
            write_json(temporary / "manifest.json", manifest)
            shutil.rmtree(target, ignore_errors=True)
            os.replace(temporary, target)
            _sync(self.checkpoints)
        except OSError as error:
            shutil.rmtree(temporary, ignore_errors=True)
            kept = (
                f"that of {last.name.lstrip('0')} images is whole" if (last := self.latest()) else "there is none yet"
            )
            raise RunError(
                f"cannot write a checkpoint to {self.checkpoints}: {error.strerror or error}; earlier ones are as they "
                f"were ({kept}); make room and run the same command again"
            ) from None
        self._prune()
        return target

    def _prune(self) -> None:
        for old in self._newest_first()[KEPT:]:
            shutil.rmtree(old, ignore_errors=True)

    def _newest_first(self) -> list[Path]:
        return sorted((p for p in self.checkpoints.glob("[0-9]*") if p.is_dir()), reverse=True)

    def latest(self) -> Path | None:
        """The newest checkpoint whose manifest verifies."""
        return next((path for path in self._newest_first() if _verifies(path)), None)


def _verifies(checkpoint: Path) -> bool:
    try:
        manifest = json.loads((checkpoint / "manifest.json").read_text())
        contents = {name: (checkpoint / name).read_bytes() for name in manifest}
    except (OSError, ValueError):
        return False
    return all(hashlib.sha256(c).hexdigest() == manifest[name]["sha256"] for name, c in contents.items())
