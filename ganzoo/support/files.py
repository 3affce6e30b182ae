"""Files that are written whole or not at all, and the folders that belong to a user."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ganzoo.support.errors import RunError


def write(path: Path, content: bytes) -> None:
    """Write a file so that a crash leaves the old one or the new one, never a part."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")  # several processes may write the same file
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            _flush(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync(path.parent)


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


def cache_dir() -> Path:
    """What can be made again: `$XDG_CACHE_HOME/ganzoo`, or `~/.cache/ganzoo`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ganzoo"


def config_dir() -> Path:
    """What the user decided: `$XDG_CONFIG_HOME/ganzoo`, or `~/.config/ganzoo`."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "ganzoo"
