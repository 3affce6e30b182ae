"""Stopping at a signal, after the current round."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType


def signals_to_catch() -> list[signal.Signals]:
    """Those that ask a process to end. An ignored SIGHUP is not among them: `nohup` set it so."""
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return [signal.SIGINT, signal.SIGTERM, *([] if ignored else [signal.SIGHUP])]


class Stop:
    """While active, SIGINT, SIGTERM and SIGHUP only set `received`; a second one of the same kind acts as usual.

    A SIGHUP that is ignored, as under nohup, stays so. Outside the main thread Python cannot catch signals, and this
    does nothing.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Stop:
        if threading.current_thread() is threading.main_thread():
            self._before = {which: signal.signal(which, self._receive) for which in signals_to_catch()}
        return self

    def _receive(self, signum: int, frame: FrameType | None) -> None:
        self.received = signum
        signal.signal(signum, self._before[signal.Signals(signum)])  # type: ignore[arg-type]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for which, before in self._before.items():
            signal.signal(which, before)  # type: ignore[arg-type]
