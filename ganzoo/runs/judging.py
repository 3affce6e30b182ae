"""Evaluation beside training: a worker process computes the scores of samples that the training process drew.

So the samples are those of the training's device and seed. The worker has as many threads, on which the last bits of a
score depend, and a lower priority, so that they take no core from training. It is sent the data set and the metrics
once; where that cannot be done, evaluation stays in line, and a warning says why. A metric that asks for the networks
is computed in line too, when the worker's answer comes, with copies of the networks as they were.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from copy import copy
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ganzoo.evaluation.evaluate import merged
from ganzoo.interfaces.datasets import Dataset
from ganzoo.interfaces.scores import Score
from ganzoo.registry.registry import current_registry
from ganzoo.runs.judging_worker import Answer, Question, Setup, receive
from ganzoo.support.errors import GanzooWarning
from ganzoo.support.messages import sentence
from ganzoo.zoo.metrics.base import Evaluation, Metric
from ganzoo.zoo.metrics.sample_set import Drawn

START = """
import pickle, sys
sys.path = pickle.load(sys.stdin.buffer)
from ganzoo.runs.judging_worker import serve
serve()
"""
"""What the worker executes. A worker of `multiprocessing` would import the caller's script, which may train again."""
LAST_WORDS = 4_000  # bytes of a worker's output that are read to say why it ended
IN_LINE = "the scores that follow are computed in line, and training waits for them"


def is_beside(device: torch.device) -> bool:
    """Whether to evaluate beside training: on CUDA, which would stand idle; the cores of a CPU have enough to do."""
    return device.type == "cuda"


class Judged(NamedTuple):
    """The scores of a generator after so many images, and a picture as a PNG, if there is one."""

    images: int
    scores: list[Score]
    png: bytes | None


class Judging:
    """The worker. It takes the samples of one mark at a time, and ends with this process, however that ends."""

    def __init__(self, data: Dataset, metrics: Sequence[Metric], device: torch.device) -> None:
        self.metrics = metrics
        self.core_s = 0.0
        """Of the worker, as of its latest answer."""
        data = copy(data)  # it is sent while the original is used
        vars(data).pop("_kept", None)  # what metrics have computed of it
        registry = current_registry()
        setup = Setup(registry.given, torch.get_num_threads(), device)
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the worker lives
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", START, str(os.getpid())],
                env=dict(registry.environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                process_group=0,  # Ctrl-C reaches this process only
            )
        except OSError:
            self._said.close()
            raise
        self._thread = ThreadPoolExecutor(1)
        self._started: Future[Answer] | None = self._thread.submit(self._ask, sys.path[:], setup, (data, metrics))
        self._asked: tuple[int, Evaluation, Future[Answer]] | None = None

    def ready(self) -> bool:
        """Whether the worker has started. One that cannot is a warning, once."""
        if self._started is None or not self._started.done():
            return False
        if error := self._started.exception():
            self._give_up(f"a worker process cannot evaluate this run ({self._why(error)})")
        return error is None

    def begin(self, images: int, e: Evaluation, shown: tuple[Tensor, ...]) -> None:
        """Have samples scored, and a picture drawn of `shown`. What `e` finds must not change with training."""
        assert e.source is not None
        question = Question(Drawn(e.x, e.y, e.given, e.answer), e.source.latent, e.source.classes, shown)
        self._asked = images, e, self._thread.submit(self._ask, question)

    def take(self, wait: bool) -> Judged | None:
        """The scores that were begun, if they are there. A warning says so where they cannot be had."""
        if self._asked is None or not (wait or self._asked[2].done()):
            return None
        (images, e, future), self._asked = self._asked, None
        try:
            answer = future.result()
            pairs = zip(self.metrics, answer.scores, strict=True)
            scores = merged(metric(e) if known is None else known for metric, known in pairs)
            return Judged(images, scores, answer.png)
        except Exception as error:
            lost = f"the worker process gave no scores of {images:,} images ({self._why(error)})"
            if error is future.exception() and not isinstance(error, _Refusal):
                self._give_up(lost)
            else:
                warnings.warn(lost, GanzooWarning, stacklevel=2)
            return None

    def close(self) -> None:
        """End the worker, whatever it is doing."""
        self._process.kill()
        self._thread.shutdown()
        with suppress(BrokenPipeError), self._process, self._said:
            self._started = self._asked = None

    def _ask(self, *parts: object) -> Answer:
        """Send, and wait for the answer. Called in a thread, since both may take a while."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        with suppress(BrokenPipeError):  # it has ended, and may have said why
            for part in parts:
                _Pickler(stdin, 5).dump(part)
            stdin.flush()
        answer: Answer = receive(stdout)
        self.core_s = answer.core_s
        if answer.failure:
            raise _Refusal(answer.failure)
        return answer

    def _why(self, error: BaseException) -> str:
        if isinstance(error, _Refusal):
            return str(error)
        if not isinstance(error, EOFError):
            return sentence(error)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        if (code := self._process.returncode or 0) < 0:
            return f"it was ended by a signal: {signal.strsignal(-code)}"
        self._said.seek(max(0, self._said.seek(0, os.SEEK_END) - LAST_WORDS))
        return " ".join(self._said.read().decode(errors="replace").strip().splitlines()[-1:]) or "it ended"

    def _give_up(self, why: str) -> None:
        warnings.warn(f"{why}; {IN_LINE}", GanzooWarning, stacklevel=3)
        self._started = None
        self._process.kill()


@contextmanager
def judging(data: Dataset, metrics: Sequence[Metric], device: torch.device) -> Iterator[Judging | None]:
    """The worker of a run, until it ends; None where evaluation is in line."""
    if not is_beside(device):
        yield None
        return
    try:
        worker = Judging(data, metrics, device)
    except Exception as error:
        warnings.warn(f"no worker process can be started ({sentence(error)}); {IN_LINE}", GanzooWarning, stacklevel=3)
        yield None
        return
    try:
        yield worker
    finally:
        worker.close()


class _Refusal(Exception):
    """What the worker says of a metric that raised, or of data that it cannot read. It is still there."""


class _Pickler(pickle.Pickler):
    """Of a tensor that is a part of another, only that part is sent."""

    def reducer_override(self, value: Any) -> Any:
        """As `pickle` wants it: how to make the value again."""
        if type(value) is Tensor and value.layout is torch.strided and not value.requires_grad:
            sent: Any = value if value.untyped_storage().nbytes() <= value.nbytes else value.clone()
            return sent.__reduce_ex__(5)
        return NotImplemented
