"""A file of results, one JSON object per line, to which any number of processes append."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Literal

import msgspec

from ganzoo.runs.records import Result, Status
from ganzoo.support.files import writing


class _Revision(msgspec.Struct, frozen=True):
    revision: str


class _Images(msgspec.Struct, frozen=True):
    images: int


class RecordKey(msgspec.Struct, frozen=True):
    """The fields by which two records are the same. Read from a line, the others are skipped."""

    schema: Literal["ganzoo.result/1"]
    run_id: str
    status: Status
    dataset: _Revision
    budget: _Images


class RecordFile:
    """Appends records that are not in the file yet. Lines are written whole and never changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._keys: set[RecordKey] = set()
        self._bytes_read = 0
        """How much of the file `_keys` covers."""

    def add(self, results: Iterable[Result]) -> int:
        """Append the new ones, and return how many. Raises `RunError` if the file cannot be written."""
        lines = {_key_of(result): msgspec.json.encode(result) for result in results}
        with writing(self.path, "give another file with --records"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "a+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                self._catch_up(file)
                new = [line for key, line in lines.items() if key not in self._keys]
                if new:
                    file.write(b"".join(line + b"\n" for line in new))
                    file.flush()
                    os.fsync(file.fileno())
                    self._keys |= lines.keys()
                    self._bytes_read = file.tell()
        return len(new)

    def _catch_up(self, file: IO[bytes]) -> None:
        """Read what other processes appended. A line that a killed process left unfinished is removed."""
        end = file.seek(0, os.SEEK_END)
        if end < self._bytes_read:
            self._keys, self._bytes_read = set(), 0
        file.seek(self._bytes_read)
        whole, newline, rest = file.read(end - self._bytes_read).rpartition(b"\n")
        if rest and _key_in(rest) is None:
            file.truncate(self._bytes_read + len(whole) + len(newline))
        elif rest:
            file.write(b"\n")
        self._keys |= {key for line in [*whole.split(b"\n"), rest] if (key := _key_in(line))}
        self._bytes_read = file.seek(0, os.SEEK_END)


def _key_of(result: Result) -> RecordKey:
    revision, images = _Revision(result.dataset.revision), _Images(result.budget.images)
    return RecordKey(result.schema, result.run_id, result.status, revision, images)


def _key_in(line: bytes) -> RecordKey | None:
    """The key of a line; None if it is not a result."""
    try:
        return msgspec.json.decode(line, type=RecordKey)
    except (ValueError, msgspec.MsgspecError):
        return None
