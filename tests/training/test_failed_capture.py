"""A failed capture leaves the generator of the device usable, also before torch 2.13.

Until 2.12, `capture_begin` marks the device's own state as capturing, and `capture_end` unmarks it only where
cudaStreamEndCapture succeeds. A state that stays marked refuses every draw: "Offset increment outside graph capture
encountered unexpectedly". Only another state helps.
"""

from contextlib import contextmanager, nullcontext

import pytest
from helpers.executions import played
from torch import cuda

from ganzoo.support.errors import CaptureError
from ganzoo.training.graphs import CudaDraws, CudaRecorder, Graphed
from ganzoo.zoo.losses import BCE


class State:
    """As `CUDAGeneratorState` until torch 2.12."""

    capturing = False

    def clone_state(self):
        return State()

    def manual_seed(self, seed):
        pass


class Generator:
    def __init__(self):
        self.state = State()

    def graphsafe_get_state(self):
        return self.state

    def graphsafe_set_state(self, state):
        self.state = state


class Graph:
    def register_generator_state(self, state):
        pass

    def replay(self):
        raise AssertionError("never")


def test_a_failed_capture_leaves_the_generator_usable(monkeypatch):
    generator = Generator()

    @contextmanager
    def capture(*_, **__):
        own = generator.state
        own.capturing = True
        try:
            yield
        finally:  # cudaStreamEndCapture fails, so that nothing is unmarked
            raise RuntimeError("operation failed due to a previous error during capture")

    def start(self, index):
        begin(self, index)
        raise RuntimeError("operation not permitted when stream is capturing")

    begin = CudaDraws.start
    monkeypatch.setattr(CudaDraws, "start", start)
    monkeypatch.setattr(cuda, "CUDAGraph", Graph)
    monkeypatch.setattr(cuda, "graph", capture)
    monkeypatch.setattr(cuda, "graph_pool_handle", lambda: 1)
    monkeypatch.setattr(cuda, "current_stream", lambda: "the caller's")
    monkeypatch.setattr(cuda, "current_device", lambda: 0)
    monkeypatch.setattr(cuda, "default_generators", (generator,))
    monkeypatch.setattr(cuda, "set_stream", lambda stream: None)
    monkeypatch.setattr(CudaRecorder, "warming", lambda self: nullcontext())
    recorder = CudaRecorder()
    with pytest.raises(CaptureError):
        played(Graphed(recorder, warm=1), BCE(), rounds=2)
    assert not generator.state.capturing
    assert recorder.pool is None  # a pool that a failed capture has left open cannot be captured into again
