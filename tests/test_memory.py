"""Freed memory is kept for the next move."""

import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource
from ganzoo.memory import keep_freed

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        bytearray(64 * 2**20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

print(faults(), keep_freed(), faults(), faults())
"""


def measured() -> list[str]:
    made = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, timeout=120, check=True)
    return made.stdout.split()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told")
def test_memory_that_was_freed_is_not_mapped_again():
    before, done, _, after = measured()
    assert done == "True"
    assert int(before) > 5_000  # 5 x 64 MiB of pages of at most 64 KiB
    assert int(after) < 100


def test_other_c_libraries_are_left_alone(monkeypatch):
    from ganzoo import memory

    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert memory.keep_freed.__wrapped__() is False
