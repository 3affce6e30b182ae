"""Where tests run: on the CPU, and where there is one, on a GPU."""

import pytest
import torch


def on_cuda(*values, devices=1, id=None):
    """A case that needs so many CUDA devices."""
    reason = f"needs {devices} CUDA device{'s' * (devices > 1)}"
    missing = pytest.mark.skipif(torch.cuda.device_count() < devices, reason=reason)
    return pytest.param(*values, marks=[pytest.mark.gpu, missing], id=id)


DEVICES = ["cpu", on_cuda("cuda:0")]
