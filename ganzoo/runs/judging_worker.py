"""The worker process of `ganzoo.runs.judging`: it reads samples, and writes their scores."""

from __future__ import annotations

import os
import pickle
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import IO, Any, NamedTuple, NoReturn

import torch
from torch import Tensor

from ganzoo.evaluation.evaluate import extractor
from ganzoo.interfaces.datasets import Dataset
from ganzoo.interfaces.scores import Score
from ganzoo.registry.find import Plugin
from ganzoo.registry.registry import using
from ganzoo.runs.album import picture_of
from ganzoo.support.errors import NoPlugin
from ganzoo.support.float32 import pinned_float32
from ganzoo.support.messages import sentence
from ganzoo.zoo.metrics.base import Evaluation, Metric, SampleSource
from ganzoo.zoo.metrics.sample_set import Drawn

PRIORITY = 5  # subtracted: training comes first, but on a machine that others use too, it must not wait for long
LOOK_EVERY = 1.0  # seconds between two looks whether the training process is still there


class Setup(NamedTuple):
    """What the worker is sent first; the data set and the metrics follow, which may come from these plugins."""

    plugins: Sequence[Plugin]
    threads: int
    device: torch.device


class Question(NamedTuple):
    """What is to be scored, and what `Dataset.picture` is called with."""

    drawn: Drawn
    latent: int
    classes: int
    shown: tuple[Tensor, ...]


@dataclass(frozen=True)
class Answer:
    """What the worker writes, once it has started and for each question."""

    core_s: float
    """Of the worker so far."""
    scores: Sequence[list[Score] | None] = ()
    """Of each metric; None for one that asked for a network."""
    png: bytes | None = None
    failure: str = ""


class _NetworkNeeded(BaseException):
    """No `Exception`, which a metric might take for a fault of the network."""


def serve() -> None:
    """Answer, until the training process ends or closes the pipe. `sys.argv` has its number."""
    from ganzoo.support.memory import return_freed_memory  # only in this process: it changes the whole process

    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what metrics print is no answer
    os.nice(PRIORITY)
    return_freed_memory()
    Thread(target=_end_with, args=(int(sys.argv[1]),), daemon=True).start()
    setup: Setup = receive(requests)
    torch.set_num_threads(setup.threads)
    if setup.device.index:  # an extractor may use CUDA, and the first device is so anyway
        torch.cuda.set_device(setup.device)
    with pinned_float32():
        try:
            with _knowing(setup.plugins):
                data, metrics = receive(requests)
                _send(answers, Answer(time.process_time()))
                while True:
                    _send(answers, _answer(data, metrics, receive(requests)))
        except Exception as error:
            _send(answers, Answer(time.process_time(), failure=sentence(error)))


def receive(pipe: IO[bytes]) -> Any:
    """The next object in a pipe between a process and its worker. Raises `EOFError` at its end."""
    return pickle.load(pipe)  # noqa: S301 - what another process of the same run has written


def _answer(data: Dataset, metrics: Sequence[Metric], question: Question) -> Answer:
    try:
        scores, png = _scores(data, metrics, question), picture_of(data, question.shown)
    except Exception as error:
        return Answer(time.process_time(), failure=sentence(error))
    return Answer(time.process_time(), scores, png)


def _scores(data: Dataset, metrics: Sequence[Metric], question: Question) -> list[list[Score] | None]:
    """Of each metric, which share features."""
    away: dict[str, Callable[..., NoReturn]] = dict.fromkeys(
        ("draw", "generator", "find_discriminator", "network"), _need_network
    )
    source = SampleSource(**away, latent=question.latent, classes=question.classes)
    e = Evaluation(data, *question.drawn, source=source, find_extractor=extractor)

    def scores(metric: Metric) -> list[Score] | None:
        try:
            return list(metric(e))
        except _NetworkNeeded:
            return None

    return [scores(metric) for metric in metrics]


def _need_network(*arguments: object, **options: object) -> NoReturn:
    raise _NetworkNeeded


@contextmanager
def _knowing(plugins: Sequence[Plugin]) -> Iterator[None]:
    """Within, these are known too, and the modules of those that are files are there."""
    files = {plugin.location: plugin.sha256 for plugin in plugins if plugin.sha256}
    with using(files, [plugin for plugin in plugins if not plugin.sha256]) as registry:
        now = {plugin.location: plugin.sha256 for plugin in registry.given}
        if changed := [file for file, sha256 in files.items() if now[file] != sha256]:
            raise NoPlugin(f"{changed[0]} has changed since it was loaded")
        yield


def _send(pipe: IO[bytes], answer: Answer) -> None:
    pickle.dump(answer, pipe)
    pipe.flush()


def _end_with(parent: int) -> None:
    """End when the training process is gone, also in the middle of a metric."""
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY)
    os._exit(1)
