"""A file of results, one JSON object a line, to which any number of processes append."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from io import FileIO
from pathlib import Path
from typing import Literal

import msgspec

from ganzoo.runs.records import Result, Status
from ganzoo.support.files import writing


class _Revision(msgspec.Struct, frozen=True):
    revision: str


class _Images(msgspec.Struct, frozen=True):
    images: int


class Identity(msgspec.Struct, frozen=True):
    """What two records of the same thing have in common."""

    schema: Literal["ganzoo.result/1"]
    run_id: str
    status: Status
    dataset: _Revision
    budget: _Images


class Ledger:
    """Whole lines that stay as they are; a record that is there already is not written again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: set[Identity] = set()
        self._read = 0
        """Bytes of the file that `_known` has."""

    def add(self, results: Iterable[Result]) -> int:
        """Append what is not there yet; gives how many. Raises `RunError` if the file cannot be written."""
        lines = {_identity_of(result): msgspec.json.encode(result) for result in results}
        with writing(self.path, "give another file with --records"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "a+b", buffering=0) as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                self._catch_up(file)
                new = [line for key, line in lines.items() if key not in self._known]
                if new:
                    _write(file, b"".join(line + b"\n" for line in new))
                    self._known |= lines.keys()
                    self._read = file.tell()
        return len(new)

    def _catch_up(self, file: FileIO) -> None:
        """Learn what others appended. A line that a killed process left half written is removed."""
        end = file.seek(0, os.SEEK_END)
        if end < self._read:
            self._known, self._read = set(), 0
        file.seek(self._read)
        whole, newline, rest = file.read(end - self._read).rpartition(b"\n")
        if rest and identity(rest) is None:
            file.truncate(self._read + len(whole) + len(newline))
        elif rest:
            _write(file, b"\n")
        self._known |= {key for line in [*whole.split(b"\n"), rest] if (key := identity(line))}
        self._read = file.seek(0, os.SEEK_END)


def _identity_of(result: Result) -> Identity:
    revision, images = _Revision(result.dataset.revision), _Images(result.budget.images)
    return Identity(result.schema, result.run_id, result.status, revision, images)


def identity(line: bytes) -> Identity | None:
    """Of a line; None if it is no result."""
    try:
        return msgspec.json.decode(line, type=Identity)
    except (ValueError, msgspec.MsgspecError):
        return None


def _write(file: FileIO, content: bytes) -> None:
    while content:
        content = content[file.write(content) :]
    os.fsync(file.fileno())
