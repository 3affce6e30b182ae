"""The caller's settings of float32 do not reach what is measured, and come back."""

import multiprocessing

import pytest
import torch

from ganzoo.support.float32 import PLACES, pinned_float32
from ganzoo.zoo.datasets.mixtures import Ring

REVISION = "b4f9dba43b5a"
"""Of ring8."""

CALLERS = {
    "as torch starts": lambda: None,
    "high": lambda: torch.set_float32_matmul_precision("high"),
    "medium": lambda: torch.set_float32_matmul_precision("medium"),
    "older": lambda: setattr(torch.backends.cuda.matmul, "allow_tf32", True),
    "without": lambda: setattr(torch.backends.cudnn, "allow_tf32", False),
    "newer": lambda: setattr(torch.backends, "fp32_precision", "tf32"),
    "newer, on the CPU": lambda: setattr(torch.backends.mkldnn.matmul, "fp32_precision", "bf16"),
    "by the clock": lambda: setattr(torch.backends.cudnn, "benchmark", True),
}


def precisions():
    return [eval(f"torch.backends.{place}.fp32_precision") for place in PLACES]


def kernels():
    return torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic


def check(caller):
    CALLERS[caller]()
    before = precisions(), kernels()
    with pinned_float32():
        assert set(precisions()) == {"ieee"}
        assert kernels() == (False, True)
        assert not torch.backends.cudnn.allow_tf32  # code that reads the older interface is told the same
        assert not torch.backends.cuda.matmul.allow_tf32
        assert torch.get_float32_matmul_precision() == "highest"
    with pinned_float32(tf32=True):
        assert precisions() == ["tf32", "tf32", "tf32", "ieee", "ieee", "ieee"]
        assert kernels() == (False, True)
        assert torch.backends.cuda.matmul.allow_tf32
        with pinned_float32():
            assert set(precisions()) == {"ieee"}
        assert precisions()[0] == "tf32"
    assert (precisions(), kernels()) == before


@pytest.mark.skipif(
    not hasattr(torch.backends, "fp32_precision"), reason="torch before 2.9 has the older interface only"
)
@pytest.mark.parametrize("caller", CALLERS)
def test_float32_is_float32_whatever_the_caller_set(caller):
    process = multiprocessing.get_context("fork").Process(target=check, args=[caller])  # the settings are global
    process.start()
    process.join()
    assert process.exitcode == 0


def test_the_caller_s_type_and_autocast_do_not_reach_in():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with torch.autocast("cpu", torch.bfloat16):
            with pinned_float32():
                ones = torch.ones(2, 2)
                assert (ones.dtype, (ones @ ones).dtype) == (torch.float32, torch.float32)
            assert torch.ones(2, 2).dtype == torch.float64
            assert (ones @ ones).dtype == torch.bfloat16
        assert Ring().revision == REVISION
    finally:
        torch.set_default_dtype(before)
    assert Ring().revision == REVISION
