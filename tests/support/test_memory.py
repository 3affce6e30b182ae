"""Settings for freed memory, and that a caller's process keeps its own."""

import platform
import subprocess
import sys

import pytest

from ganzoo.support import memory

FAULTS = """
import resource
from ganzoo.support.memory import keep_freed_memory, return_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        bytearray(24 * 2**20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

print({setting}(), faults() * 0 + faults())
"""
CALLER = """
import sys
import ganzoo
ganzoo.run("mlp:width=8+bce@ring8", steps=20, out="run", device="cpu")
print([name for name in sys.modules if name == "ganzoo.support.memory"])
"""


def output_of(script, folder):
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=True, cwd=folder
    )
    return done.stdout.split()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has these settings")
def test_freed_memory_is_kept_for_training_and_returned_for_an_evaluation(tmp_path):
    taken, kept = output_of(FAULTS.format(setting="keep_freed_memory"), tmp_path)
    assert taken == "True"
    assert int(kept) < 100
    taken, returned = output_of(FAULTS.format(setting="return_freed_memory"), tmp_path)
    assert taken == "True"
    assert int(returned) > 1_800  # 5 x 24 MiB in pages of at most 64 KiB


def test_the_process_of_a_caller_keeps_its_own_settings(tmp_path):
    assert output_of(CALLER, tmp_path)[-1] == "[]"


def test_other_c_libraries_are_left_alone(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert memory.keep_freed_memory() is False
