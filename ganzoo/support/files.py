"""Files that are written whole or not at all, files below a folder, and the folders that belong to a user."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ganzoo.support.errors import RunError, WrongUse


def write(path: Path, content: bytes) -> None:
    """Write a file so that a crash leaves the old one or the new one, never a part.

    A link stays a link, and a file keeps its mode. A pipe or a device is written to.
    """
    path, old = _target(path)
    if old is not None and not stat.S_ISREG(old.st_mode):
        path.write_bytes(content)
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")  # several processes may write the same file
    try:
        with open(temporary, "wb") as file:
            if old is not None:
                with suppress(PermissionError):  # a disk that has no modes
                    os.fchmod(file.fileno(), stat.S_IMODE(old.st_mode))
            file.write(content)
            file.flush()
            _flush(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync(path.parent)


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A path of the same name in a temporary folder, for code that writes by itself; then `write` of what is there."""
    with tempfile.TemporaryDirectory() as folder:
        temporary = Path(folder, path.name)
        yield temporary
        write(path, temporary.read_bytes())


def _target(path: Path) -> tuple[Path, os.stat_result | None]:
    """The file to write, where `path` may be a link to it, and what is there already."""
    try:
        old = os.stat(path)
    except FileNotFoundError:
        old = None
    ordinary = old is None or stat.S_ISREG(old.st_mode)
    return (path.resolve() if ordinary and path.is_symlink() else path), old


def sync(folder: Path) -> None:
    """Make the names in a directory last, where its disk can (CIFS and some FUSE folders refuse it)."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:  # a folder that may be written but not listed
        return
    try:
        _flush(descriptor)
    finally:
        os.close(descriptor)


def _flush(descriptor: int) -> None:
    """`os.fsync`, where the disk knows it."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):
            raise


def write_json(path: Path, value: Any) -> None:
    """`write` as JSON, indented for people; a number that is not finite becomes null."""
    import msgspec  # not at the top: `ganzoo list` writes nothing

    write(path, msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n")


@contextmanager
def writing(path: Path, advice: str) -> Iterator[None]:
    """What the system says against writing `path`, as a sentence that names it: `RunError`."""
    try:
        yield
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror or error}; {advice}") from None


@contextmanager
def reading(path: Path, advice: str) -> Iterator[None]:
    """The same for reading."""
    try:
        yield
    except OSError as error:
        raise RunError(f"cannot read {error.filename or path}: {error.strerror or error}; {advice}") from None


def remedy(error: OSError) -> str:
    """What to do about it, before the same is tried again."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "make room"
    return "make it writable" if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS) else "look after the disk"


def files_below(folder: Path, unread: Callable[[OSError], object]) -> list[Path]:
    """All but folders, in a folder and those below it, sorted. Links are followed, but into each folder only once.

    `unread` is called with the error where a folder or a link cannot be followed.
    """
    found: list[Path] = []
    waiting, seen = deque([folder]), set[tuple[int, int]]()
    while waiting:
        here = waiting.popleft()
        try:
            status = os.stat(here)
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(here) as scanned:
                entries = sorted(scanned, key=lambda entry: entry.name)
        except OSError as error:
            unread(error)
            continue
        folders = {entry.name: entry.is_symlink() for entry in entries if _is_folder(entry, unread)}
        found += [here / entry.name for entry in entries if entry.name not in folders]
        waiting.extendleft(here / name for name, linked in folders.items() if not linked)
        waiting.extend(here / name for name, linked in folders.items() if linked)  # last: the others keep their paths
    return sorted(found)


def _is_folder(entry: os.DirEntry[str], unread: Callable[[OSError], object]) -> bool:
    try:
        return entry.is_dir()
    except OSError as error:  # a link to itself, or through a folder without permission
        unread(error)
        return False


def expanded(path: str | os.PathLike[str]) -> Path:
    """A path that a user wrote, with the home of `~` or `~name` in its place. Raises `WrongUse` if there is no home."""
    text = os.fspath(path)
    try:
        return Path(text).expanduser() if text.startswith("~") else Path(text)
    except RuntimeError:
        home = text.partition("/")[0]
        raise WrongUse(f"{text}: the home {home} is not known; write the whole path, or set HOME") from None


def shown(path: str | os.PathLike[str]) -> str:
    """A path as text for files and pages; bytes that are not UTF-8 become as \\xff."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def named_by(variable: str, otherwise: str) -> Path:
    """The path in a variable of the environment, or where that is empty or not set, another one."""
    return expanded(os.environ.get(variable) or otherwise)


def all_named_by(variable: str) -> list[Path]:
    """The paths in a variable of the environment, with a `:` between them (on Windows a `;`)."""
    return [expanded(path) for path in os.environ.get(variable, "").split(os.pathsep) if path]


def cache_dir() -> Path:
    """What can be made again: `$XDG_CACHE_HOME/ganzoo`, or `~/.cache/ganzoo`."""
    return named_by("XDG_CACHE_HOME", "~/.cache") / "ganzoo"


def config_dir() -> Path:
    """What the user decided: `$XDG_CONFIG_HOME/ganzoo`, or `~/.config/ganzoo`."""
    return named_by("XDG_CONFIG_HOME", "~/.config") / "ganzoo"
