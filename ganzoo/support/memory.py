"""What the C library does with freed memory: set by commands and workers of a grid, never in a caller's process.

Training frees the same tensors in each move. By default, glibc may return them to the kernel, so that the next move's
are mapped and zeroed page by page again: thousands of page faults, which take up to a fifth of the time of a
convolutional GAN on the CPU (benchmarks/speed/ladder.py). An evaluation alone streams features of all sizes: there it
is better to return large blocks, because a heap with holes would grow by hundreds of megabytes.
"""

from __future__ import annotations

import ctypes
import platform

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # names of mallopt(3)
MIB = 2**20


def keep_freed_memory() -> bool:
    """For training: blocks of up to 32 MiB stay in the heap, and up to 1 GiB of it stays when it is free.

    Gives whether the C library took the setting, which only glibc does. No result depends on it.
    """
    return _set_thresholds(mmap=32 * MIB, trim=1024 * MIB)


def return_freed_memory() -> bool:
    """For an evaluation alone: blocks from 1 MiB on are returned when they are freed, as is a heap's end of 64 MiB."""
    return _set_thresholds(mmap=MIB, trim=64 * MIB)


def _set_thresholds(mmap: int, trim: int) -> bool:
    if platform.libc_ver()[0] != "glibc":
        return False
    library = ctypes.CDLL(None)
    return bool(library.mallopt(MMAP_THRESHOLD, mmap) and library.mallopt(TRIM_THRESHOLD, trim))
