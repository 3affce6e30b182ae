"""What the C library does with memory that is freed: keep it for the next move, or hand it back to the system.

By itself glibc does now one, now the other. Training frees the same tensors in each move: where they go back to the
kernel, the next move's are mapped and zeroed page by page again, thousands of page faults that take up to a fifth of a
convolutional GAN's time on the CPU (benchmarks/speed/ladder.py). An evaluation streams features of all sizes: where
large ones share one heap, it gets holes that fit none of the next, and grows by hundreds of megabytes.
"""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # names of mallopt(3)
OLD = 2**25  # the largest threshold for mmap that older versions take


class Policy(NamedTuple):
    """In bytes."""

    alone: int
    """From this size on, a block is mapped alone, and handed back when it is freed."""
    spare: int
    """More than this at the heap's end is handed back."""


KEEP = Policy(2**30, 2**30)
RETURN = Policy(2**20, 2**26)
_current = RETURN


@contextmanager
def policy(wanted: Policy) -> Iterator[bool]:
    """For the whole process, while the context lasts; then what was before, at first RETURN.

    Gives whether the C library was told, which is glibc alone; no result depends on it.
    """
    global _current
    before, _current = _current, wanted
    try:
        yield _tell(wanted)
    finally:
        _current = before
        _tell(before)


def _tell(wanted: Policy) -> bool:
    if (library := _glibc()) is None:
        return False
    large = library.mallopt(MMAP_THRESHOLD, wanted.alone) or library.mallopt(MMAP_THRESHOLD, OLD)
    told = bool(library.mallopt(TRIM_THRESHOLD, wanted.spare) and large)
    if wanted.spare < KEEP.spare:
        library.malloc_trim(wanted.spare)
    return told


@cache
def _glibc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None
