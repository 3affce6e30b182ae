"""Rounds replayed from CUDA graphs: without Python, and without launching single kernels."""

from __future__ import annotations

import gc
import warnings
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor

from ganzoo.support.errors import CaptureError
from ganzoo.support.messages import sentence
from ganzoo.training.batches import Asked
from ganzoo.training.execution import Eager, Execution, Moves, Outside, Shard


class Draws(Protocol):
    """Random numbers of a recorded round: a state of the device's generator for each shard."""

    def seed(self, seeds: Sequence[int]) -> None:
        """Where each shard's numbers start in the next replay."""
        ...

    def start(self, index: int) -> None:
        """While recording: what follows belongs to that shard."""
        ...


class Recorder(Protocol):
    """Records pieces of rounds."""

    def warming(self) -> AbstractContextManager[None]:
        """Where rounds are played before they are recorded."""
        ...

    def draws(self, shards: int) -> Any:
        """The `Draws` of a round of so many shards."""
        ...

    def record(self, draws: Any) -> AbstractContextManager[Callable[[], object]]:
        """Record what is computed within. It gives the function that replays it."""
        ...


class Graphed(Eager):
    """One CUDA graph a round: gathering reals, draws, gradients, Adam and the sums of the log.

    The first `warm` rounds of each key are played eagerly, as capture demands; they count like any other. A replay
    draws the random numbers that eager execution draws. `inner` computes gradients: operation by operation, or
    compiled. Everything is on the current device. Raises `CaptureError`.
    """

    def __init__(self, recorder: Recorder | None = None, warm: int = 3, inner: Execution | None = None) -> None:
        self.recorder, self.warm, self.inner = recorder or CudaRecorder(), warm, inner or Eager()
        self.compiles = self.inner.compiles
        self.played: Counter[Hashable] = Counter()
        self.recordings: dict[Hashable, Recording] = {}

    def play(self, key: Hashable, moves: Moves, device: torch.device, shards: Sequence[Shard]) -> Any:
        """Play all moves: eagerly at first, and from graphs after that."""
        self.played[key] += 1
        if self.played[key] <= self.warm:
            with self.recorder.warming():
                return super().play(key, moves, device, shards)
        if key in self.recordings:
            return self.recordings[key].replay(shards)
        try:
            self.recordings[key] = Recording(self.recorder, moves, shards)
        except Exception as error:
            raise CaptureError(f"the round {key} cannot be captured ({causes(error)}); use --engine eager") from error
        return self.recordings[key].result

    def gradients(self, key: Hashable, function: Callable[..., Any], *inputs: Tensor | None) -> Any:
        """function(*inputs), as `inner` does it."""
        return self.inner.gradients(key, function, *inputs)


class Recording:
    """A round as it was recorded, and played meanwhile, with buffers of its own for what its shards ask for."""

    def __init__(self, recorder: Recorder, moves: Moves, shards: Sequence[Shard]) -> None:
        self.asked = [shard.asked.map(Tensor.clone) for shard in shards]
        self.draws: Draws = recorder.draws(len(shards))
        self.draws.seed([shard.seed for shard in shards])
        self.pieces: list[tuple[Callable[[], object], Outside | None]] = []
        self.result: Any = None
        playing, outside = moves(self._started()), None
        while not self.pieces or outside:
            with recorder.record(self.draws) as piece:
                try:
                    outside = next(playing)
                except StopIteration as end:
                    outside, self.result = None, end.value
            self.pieces.append((piece, outside))
            self._play(piece, outside)

    def _started(self) -> Iterator[Asked]:
        for index, asked in enumerate(self.asked):
            self.draws.start(index)
            yield asked

    def replay(self, shards: Sequence[Shard]) -> Any:
        """The same round with other batches and seeds."""
        for buffers, shard in zip(self.asked, shards, strict=True):
            for buffer, value in zip(buffers, shard.asked, strict=True):
                if buffer is not None and value is not None:
                    buffer.copy_(value)
        self.draws.seed([shard.seed for shard in shards])
        for piece, outside in self.pieces:
            self._play(piece, outside)
        return self.result

    def _play(self, piece: Callable[[], object], outside: Outside | None) -> None:
        piece()
        if outside:
            outside()


class CudaDraws:
    """States of the generator of the current CUDA device. A graph reads the seed of each from where it lies."""

    def __init__(self, shards: int) -> None:
        self.generator = torch.cuda.default_generators[torch.cuda.current_device()]
        self.own = self.generator.graphsafe_get_state()
        self.states = [self.own.clone_state() for _ in range(shards)]

    def seed(self, seeds: Sequence[int]) -> None:
        """Where each shard's numbers start in the next replay."""
        for state, seed in zip(self.states, seeds, strict=True):
            state.manual_seed(seed)

    def start(self, index: int) -> None:
        """What follows draws from that shard's state."""
        self.generator.graphsafe_set_state(self.states[index])

    def end(self) -> None:
        """What follows draws from the generator's own state again."""
        self.generator.graphsafe_set_state(self.own)

    def abandon(self) -> None:
        """After a failed capture. Until torch 2.12 it marks the generator's state, which then refuses every draw."""
        self.generator.graphsafe_set_state(self.own.clone_state())


class CudaRecorder:
    """Captures CUDA graphs on one stream and in one memory pool, since they are replayed one after the other."""

    def __init__(self) -> None:
        self.stream = torch.cuda.Stream() if torch.cuda.is_available() else None  # type: ignore[no-untyped-call]
        self.pool: Any = None

    @contextmanager
    def warming(self) -> Iterator[None]:
        """On the stream on which graphs are captured."""
        caller = torch.cuda.current_stream()
        assert self.stream is not None
        self.stream.wait_stream(caller)
        try:
            with torch.cuda.stream(self.stream):
                yield
        finally:
            caller.wait_stream(self.stream)

    def draws(self, shards: int) -> CudaDraws:
        """For a round of so many shards."""
        return CudaDraws(shards)

    @contextmanager
    def record(self, draws: CudaDraws) -> Iterator[Callable[[], object]]:
        """Capture what is computed within, without computing it. Replaying the graph computes it."""
        self.pool = self.pool or torch.cuda.graph_pool_handle()
        graph, caller = torch.cuda.CUDAGraph(), torch.cuda.current_stream()
        for state in draws.states:
            graph.register_generator_state(state)
        gc.collect()  # a turn may be part of a cycle, and hold what was computed on another stream
        # "thread_local": the thread that loads batches may use CUDA meanwhile
        capture = torch.cuda.graph(graph, self.pool, self.stream, capture_error_mode="thread_local")
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("error", message="The CUDA Graph is empty")
                with capture:
                    try:
                        yield graph.replay
                    finally:
                        draws.end()
        except BaseException:  # a capture that fails leaves its pool open, the generator marked, its stream current
            self.pool = None
            draws.abandon()
            torch.cuda.set_stream(caller)
            raise


def causes(error: BaseException) -> str:
    """An error, and those that led to it: a capture that fails raises another error when it is ended."""
    said: list[str] = []
    following: BaseException | None = error
    while following is not None:
        if not isinstance(following, StopIteration):
            said.append(sentence(following)[:300])
        following = following.__cause__ or following.__context__
    return ", since: ".join(dict.fromkeys(said))
