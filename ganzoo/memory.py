"""The C library's allocator, told to keep what is freed for the next move."""

from __future__ import annotations

import ctypes
import platform
from functools import cache

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # names of mallopt(3)
KEPT = 2**30  # bytes: no tensor of a move is larger, and no move leaves more


@cache
def keep_freed() -> bool:
    """For this whole process, where its C library is glibc; returns whether it was done.

    By itself glibc hands large tensors back to the kernel when they are freed, and the next move's are mapped and
    zeroed page by page again: thousands of page faults a move, up to a fifth of a convolutional GAN's time on the CPU
    (benchmarks/speed/ladder.py). What a process holds at its peak stays as it was; it holds it until it ends.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    large = mallopt(MMAP_THRESHOLD, KEPT) or mallopt(MMAP_THRESHOLD, 2**25)  # the most that older ones take
    return bool(mallopt(TRIM_THRESHOLD, KEPT) and large)
