"""Where commands that run for long write their lines."""

from __future__ import annotations

import os
import sys

from rich.console import Console


class Terminal(Console):
    """A terminal, a file or a pipe. Training goes on when nobody reads its lines any longer, as after `| head`."""

    def on_broken_pipe(self) -> None:
        """Write to nowhere from now on."""
        self.quiet = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
