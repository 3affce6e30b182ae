"""Freed memory is kept for the next move."""

import platform
import subprocess
import sys

import pytest

from ganzoo.support import memory

FAULTS = """
import resource
from ganzoo.support.memory import KEEP, RETURN, policy

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        bytearray(64 * 2**20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

with policy(KEEP) as told:
    first, kept = faults(), faults()
    with policy(RETURN):
        returned = faults()
    faults()
    again = faults()
print(told, kept, returned, again, faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told")
def test_freed_memory_is_kept_for_the_next_move_and_handed_back_in_an_evaluation():
    made = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, timeout=120, check=True)
    told, kept, returned, again, after = made.stdout.split()
    assert told == "True"
    assert max(int(kept), int(again)) < 100
    assert min(int(returned), int(after)) > 5_000  # 5 x 64 MiB in pages of at most 64 KiB


def test_other_c_libraries_are_left_alone(monkeypatch):
    monkeypatch.setattr(memory, "_glibc", lambda: None)
    with memory.policy(memory.KEEP) as told:
        assert told is False
