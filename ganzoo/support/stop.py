"""Stopping at a signal, after the current round."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import ClassVar


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
            self._before = {which: signal.signal(which, self._receive) for which in self.caught}
        return self

    def _receive(self, signum: int, frame: FrameType | None) -> None:
        self.received = signum
        signal.signal(signum, self._before[signal.Signals(signum)])  # type: ignore[arg-type]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for which, before in self._before.items():
            signal.signal(which, before)  # type: ignore[arg-type]
