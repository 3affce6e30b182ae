import pytest
import torch


@pytest.fixture(autouse=True)
def one_thread():
    """The same bits whatever the machine, and tests that can share it."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
