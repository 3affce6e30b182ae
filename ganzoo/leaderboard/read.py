"""Files and folders to records. What is not read is said, with file and line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from ganzoo.leaderboard.verification import Verification
from ganzoo.runs.records import Result
from ganzoo.support.errors import BoardError

_RESULT, _VERIFICATION = msgspec.json.Decoder(Result), msgspec.json.Decoder(Verification)


class _Kind(msgspec.Struct):
    schema: str = ""


@dataclass(frozen=True, eq=False)
class Entry:
    """A record, and where it was found."""

    record: Result
    raw: bytes
    """As it was found."""
    source: str
    """ "results.jsonl:12", or a run's "result.json"."""
    folder: Path | None = None
    """The run directory, if it was found in one."""


@dataclass(frozen=True)
class Problem:
    """What was not read."""

    file: str
    line: int
    reason: str
    last: int = 0
    """Of several lines in a row that have the same."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}{f'-{self.last}' if self.last else ''}: {self.reason}"


@dataclass
class Reading:
    """All that was found."""

    entries: list[Entry] = field(default_factory=list)
    verifications: list[Verification] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read(paths: Iterable[Path]) -> Reading:
    """Records and verifications of .jsonl files, of a run's result.json, and of folders that have such.

    Raises `BoardError` for a path that is not there.
    """
    reading = Reading()
    for path in dict.fromkeys(file.resolve() for place in paths for file in _files(place)):
        name = _near(path)
        if path.suffix == ".jsonl":
            for number, line in enumerate(path.read_bytes().splitlines(), 1):
                if line.strip():
                    _take(reading, line, name, number, None)
        else:
            _take(reading, path.read_bytes(), name, 1, path.parent if path.name == "result.json" else None)
    return reading


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(file for file in path.rglob("*.jsonl") if file.name != "log.jsonl")
        yield from sorted(path.rglob("result.json"))
    elif path.is_file():
        yield path
    else:
        raise BoardError(f"{path} does not exist; give .jsonl files of records, or folders of runs")


def _take(reading: Reading, raw: bytes, name: str, line: int, folder: Path | None) -> None:
    try:
        record = _RESULT.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        try:
            reading.verifications.append(_VERIFICATION.decode(raw))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            _complain(reading.problems, name, line, _reason(raw, error))
        return
    if flaws := list(flaws_of(record)):
        _complain(reading.problems, name, line, "the record contradicts itself: " + "; ".join(flaws))
    else:
        reading.entries.append(Entry(record, raw, f"{name}:{line}" if folder is None else name, folder))


def _complain(problems: list[Problem], file: str, line: int, reason: str) -> None:
    before = problems[-1] if problems else Problem("", 0, "")
    if (before.file, before.reason, before.last or before.line) == (file, reason, line - 1):
        problems[-1] = replace(before, last=line)
    else:
        problems.append(Problem(file, line, reason))


def _near(path: Path) -> str:
    """As short as it can be said from here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _reason(raw: bytes, error: Exception) -> str:
    """Why a line is no record."""
    try:
        schema = msgspec.json.decode(raw, type=_Kind).schema
    except (msgspec.MsgspecError, UnicodeDecodeError) as broken:
        return f"no JSON object ({broken})"
    if schema != "ganzoo.result/1":
        return f"its schema is {schema!r}, not ganzoo.result/1" if schema else "no record: it has no schema"
    return f"no ganzoo.result/1: {error}"


def flaws_of(record: Result) -> Iterator[str]:
    """What cannot be in a record that ganzoo wrote, a sentence each."""
    if record.run_id != f"{record.recipe_id}-s{record.seed}":
        yield f"run_id is {record.run_id!r}, but the recipe {record.recipe_id} and the seed {record.seed}"
    marks = [point.images for point in record.curve]
    if marks != sorted(set(marks)):
        yield "the curve does not go forward"
    if record.status == "ok" and (not marks or record.curve[-1].metrics != record.metrics):
        yield "metrics are not those of the curve's last point"
    if marks and marks[-1] > record.budget.images:
        yield f"the curve goes to {marks[-1]:,} images, the budget to {record.budget.images:,}"
    if min(record.budget.images, record.budget.g_moves, record.budget.wall_s, record.budget.core_s) < 0:
        yield "a negative budget"
    if bad := [key for key in record.metrics if not key.endswith("]") or "[" not in key]:
        yield f"{bad[0]!r} does not say its protocol"
