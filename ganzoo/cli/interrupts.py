"""What SIGINT does while a command imports torch."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def importing() -> Iterator[None]:
    """While active, SIGINT ends the process at once: an exception in the middle of torch's import would abort it.

    For a command's main thread only.
    """

    def exit_at_once(signum: int, frame: FrameType | None) -> None:
        os.write(2, b"Stopped\n")
        os._exit(128 + signum)

    before = signal.signal(signal.SIGINT, exit_at_once)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
