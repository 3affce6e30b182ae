"""Stopping when asked to, without losing anything."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import ClassVar


@contextmanager
def importing() -> Iterator[None]:
    """While active, SIGINT ends the process at once: an exception in the middle of torch's import would abort it.

    For a command's main thread only.
    """

    def end(signum: int, frame: FrameType | None) -> None:
        os.write(2, b"Stopped\n")
        os._exit(128 + signum)

    before = signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class Interrupted(KeyboardInterrupt):
    """A run was stopped by a signal, after writing a checkpoint. The message says how to go on."""

    def __init__(self, message: str, signum: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signum


class Stop:
    """While active, SIGINT and SIGTERM only set `received`; a second one of the same kind acts as usual.

    Outside the main thread Python cannot catch signals, and this does nothing.
    """

    caught: ClassVar[tuple[signal.Signals, ...]] = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        self.received: int | None = None
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Stop:
        if threading.current_thread() is threading.main_thread():
            self._before = {which: signal.signal(which, self._note) for which in self.caught}
        return self

    def _note(self, signum: int, frame: FrameType | None) -> None:
        self.received = signum
        signal.signal(signum, self._before[signal.Signals(signum)])  # type: ignore[arg-type]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for which, before in self._before.items():
            signal.signal(which, before)  # type: ignore[arg-type]
