"""Locks on files, by which only one process writes a run directory."""

from __future__ import annotations

import errno
import fcntl
import os
import time
import warnings
from pathlib import Path
from typing import IO

from ganzoo.support.errors import GanzooWarning

NOT_SUPPORTED = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL}
"""What disks answer that know no locks, such as NFS without its lock daemon, or Lustre."""
PATIENCE = 0.5
"""Seconds. `is_locked` holds a lock for some microseconds, which must not look like another process's."""


def acquire(path: Path) -> IO[str] | None:
    """Create and lock a file until what is returned is closed; None if another process holds it. Raises `OSError`.

    Where the disk knows no locks, a `GanzooWarning` says so, and nothing is locked.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        file = open(path, "a+")  # noqa: SIM115 -- the caller closes it
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_still(file, path):
                return file
        except BlockingIOError:
            if time.monotonic() > deadline:
                file.close()
                return None
            time.sleep(PATIENCE / 20)
        except OSError as error:
            if error.errno not in NOT_SUPPORTED:
                file.close()
                raise
            warnings.warn(
                f"{path.parent} is on a disk without locks ({error.strerror}): see to it that no other process "
                "writes there",
                GanzooWarning,
                stacklevel=2,
            )
            return file
        file.close()


def _is_still(file: IO[str], path: Path) -> bool:
    """Whether the file has its name: the process that held the lock before may have removed it."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False


def is_locked(path: Path) -> bool:
    """Whether another process holds the lock of a file. False where there is no file, or no locks."""
    try:
        with open(path) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
