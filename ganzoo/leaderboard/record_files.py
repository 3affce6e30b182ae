"""Reads records and verifications from files and folders. Lines that are neither are listed with file and line."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import msgspec

from ganzoo.interfaces.scores import from_metrics
from ganzoo.runs.records import Result
from ganzoo.support.errors import BoardError
from ganzoo.support.files import files_below, shown

LEVELS = ("reported", "recomputed", "rerun")
"""How far a record has been verified, from the weakest to the strongest."""


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of checking a record: `ganzoo.verification/1`, a line of its own. The record is never changed."""

    schema: Literal["ganzoo.verification/1"] = "ganzoo.verification/1"
    record: str
    """`record_digest` of the record."""
    run_id: str
    level: Literal["recomputed", "rerun"]
    """recomputed: metrics from the stored generator; rerun: trained again."""
    agrees: bool
    by: str
    """Who or what checked it, with versions and device."""
    when: str
    difference: dict[str, float | None]
    """Metric -> |new - old| / max(|new|, |old|); None where only one of them has a value."""
    note: str
    """How it was decided whether they agree."""


@dataclass(frozen=True, eq=False)
class StoredRecord:
    """A record and where it was read."""

    record: Result
    raw: bytes
    """The bytes that were read."""
    source: str
    """ "results.jsonl:12", or the path of a run's "result.json"."""
    folder: Path | None = None
    """The run directory, if it was read from one."""


@dataclass(frozen=True)
class UnreadLine:
    """A line that is neither a record nor a verification, or several in a row with the same fault."""

    file: str
    line: int
    """0 for a whole file or folder."""
    reason: str
    last: int = 0
    """The last of several lines."""

    def __str__(self) -> str:
        lines = f":{self.line}" * (self.line > 0) + f"-{self.last}" * (self.last > 0)
        return f"{self.file}{lines}: {self.reason}"


_RESULT, _VERIFICATION = msgspec.json.Decoder(Result), msgspec.json.Decoder(Verification)
_DECODE_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError)


@dataclass
class RecordFiles:
    """The contents of files and folders. It collects records, verifications and faults line by line."""

    records: list[StoredRecord] = field(default_factory=list)
    verifications: list[Verification] = field(default_factory=list)
    unread: list[UnreadLine] = field(default_factory=list)

    def add(self, raw: bytes, file: str, line: int, folder: Path | None = None) -> None:
        """Decode one line of a file, or a run's whole "result.json"."""
        try:
            record = _RESULT.decode(raw)
        except _DECODE_ERRORS as error:
            try:
                self.verifications.append(_VERIFICATION.decode(raw))
            except _DECODE_ERRORS:
                self._reject(file, line, _reason(raw, error))
            return
        if contradictions := list(contradictions_in(record)):
            self._reject(file, line, "the record contradicts itself: " + "; ".join(contradictions))
        else:
            self.records.append(StoredRecord(record, raw, f"{file}:{line}" if folder is None else file, folder))

    def _reject(self, file: str, line: int, reason: str) -> None:
        previous = self.unread[-1] if self.unread else UnreadLine("", 0, "")
        if (previous.file, previous.reason, previous.last or previous.line) == (file, reason, line - 1):
            self.unread[-1] = replace(previous, last=line)
        else:
            self.unread.append(UnreadLine(file, line, reason))


def read_records(paths: Iterable[Path]) -> RecordFiles:
    """Records and verifications from .jsonl files, from a run's "result.json", and from folders that have such files.

    Links are followed, and what cannot be read is unread. Raises `BoardError` for a path that does not exist.
    """
    files = RecordFiles()

    def unread(error: OSError) -> None:
        files.unread.append(UnreadLine(_shown(Path(error.filename)), 0, f"cannot be read ({error.strerror})"))

    for path, as_given in {file.resolve(): file for given in paths for file in _files_of(given, unread)}.items():
        try:
            content = _content(as_given)
        except OSError as error:
            unread(error)
            continue
        if path.suffix == ".jsonl":
            for number, line in enumerate(content.splitlines(), 1):
                if line.strip():
                    files.add(line, _shown(path), number)
        else:
            files.add(content, _shown(path), 1, path.parent if path.name == "result.json" else None)
    return files


def _content(path: Path) -> bytes:
    """Raises `OSError`, also for a pipe, which would be waited for."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no ordinary file", str(path))
    return path.read_bytes()


def _shown(path: Path) -> str:
    """From the current directory, if the path is below it."""
    return shown(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _files_of(path: Path, unread: Callable[[OSError], object]) -> Iterator[Path]:
    if path.is_dir():
        found = files_below(path, unread)
        yield from (file for file in found if file.suffix == ".jsonl" and file.name != "log.jsonl")
        yield from (file for file in found if file.name == "result.json")
    elif path.exists():
        yield path
    else:
        raise BoardError(f"{path} does not exist; give .jsonl files of records, or folders of runs")


class _SchemaOnly(msgspec.Struct):
    schema: str = ""


def _reason(raw: bytes, error: Exception) -> str:
    """Why a line is not a record."""
    try:
        schema = msgspec.json.decode(raw, type=_SchemaOnly).schema
    except _DECODE_ERRORS as broken:
        return f"not a JSON object ({broken})"
    if schema != "ganzoo.result/1":
        return f"its schema is {schema!r}, not ganzoo.result/1" if schema else "not a record: it has no schema"
    return f"not a valid ganzoo.result/1: {error}"


def contradictions_in(record: Result) -> Iterator[str]:
    """What cannot be in a record that ganzoo wrote, a sentence each."""
    if record.run_id != f"{record.recipe_id}-s{record.seed}":
        yield f"run_id is {record.run_id!r}, but the recipe {record.recipe_id} and the seed {record.seed}"
    images = [point.images for point in record.curve]
    if images != sorted(set(images)):
        yield "the curve's images do not increase"
    if record.status == "ok" and (not images or record.curve[-1].metrics != record.metrics):
        yield "metrics are not those of the curve's last point"
    if images and images[-1] > record.budget.images:
        yield f"the curve reaches {images[-1]:,} images, but the budget is {record.budget.images:,}"
    if min(record.budget.images, record.budget.g_moves, record.budget.wall_s, record.budget.core_s) < 0:
        yield "the budget is negative"
    parsed = zip(record.metrics, from_metrics(record.metrics), strict=True)
    if without := [written for written, score in parsed if score.key != written]:
        yield f"the metric {without[0]!r} has no protocol"


def record_digest(raw: bytes) -> str:
    """The sha256 of a record, whatever its indentation and the order of its keys."""
    return hashlib.sha256(msgspec.json.encode(msgspec.json.decode(raw), order="sorted")).hexdigest()


def verified_level(verifications: Sequence[Verification]) -> str:
    """The strongest level at which a record was confirmed; "reported" if any verification contradicts it."""
    if not all(verification.agrees for verification in verifications):
        return LEVELS[0]
    return max((verification.level for verification in verifications), key=LEVELS.index, default=LEVELS[0])
