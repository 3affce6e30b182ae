import os
import signal

import pytest
import torch
from PIL import Image

from ganzoo.runs import album
from ganzoo.zoo.datasets.points import Points

# A shell that starts the tests in the background has them ignore SIGINT, and so do their children: `trap` included.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup has it ignored
REAL = album.run_curves, Points.picture
os.environ.pop("COLUMNS", None)  # pytest-xdist tells its workers how wide the terminal is; tests write to pipes


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory):
    """Tests neither read nor write what the user's cache has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True, scope="session")
def plain_charts():
    """Charts of runs in this process are white squares, which takes a third of a run's time off hundreds of tests.

    Tests of charts use `real_charts`; commands in processes of their own draw real ones too.
    """
    square = Image.new("RGB", (8, 8), "white")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(album, "run_curves", lambda log: square)
        patch.setattr(Points, "picture", lambda data, samples, given=None: square)
        yield


@pytest.fixture(scope="module")
def real_charts():
    """What users get."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(album, "run_curves", REAL[0])
        patch.setattr(Points, "picture", REAL[1])
        yield


@pytest.fixture(autouse=True)
def one_thread():
    """The same bits whatever the machine, and tests that can share it."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
