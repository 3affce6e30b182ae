"""Features of many samples: computed in batches, and held in memory or, if there are many, in a temporary file."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import IO

import numpy as np
import torch
from torch import Tensor

from ganzoo.interfaces.datasets import Extractor

BATCH = 4_096
"""Samples at a time, unless the extractor has a `batch` of its own."""
IN_MEMORY = 2**26
"""Numbers (256 MB) beyond which features are held in a temporary file."""
Progress = Callable[[str, int, int], None]
"""Called after each batch with the extractor's key, the number of samples done, and the number of all samples."""


def no_progress(extractor: str, done: int, total: int) -> None:
    """Reports nothing."""


def extract(extractor: Extractor, x: Tensor, progress: Progress = no_progress) -> Iterator[Tensor]:
    """Features of samples (N, ...), a batch at a time."""
    done = 0
    for batch in torch.split(x, getattr(extractor, "batch", BATCH)):
        yield extractor(batch)
        progress(extractor.key, done := done + len(batch), len(x))


class Features:
    """(n, F) float32, given in batches (m, F); held in memory, or beyond `IN_MEMORY` in a temporary file."""

    def __init__(self, batches: Iterable[Tensor], n: int) -> None:
        self.n, self.width, self._file = n, 0, None
        self._held: list[Tensor] = []
        for batch in batches:
            if not self.width:
                self.width = batch.shape[1]
                self._file = self._open() if n * self.width > IN_MEMORY else None
            if self._file is None:
                self._held.append(batch.float())
            else:
                self._file.write(batch.float().contiguous().numpy().data)

    def _open(self) -> IO[bytes]:
        file = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the features live
        weakref.finalize(self, file.close)
        return file

    @cached_property
    def whole(self) -> Tensor:
        """(n, F). From a file, only rows that are read take memory."""
        if self._file is None:
            held, self._held = self._held, []
            return torch.cat(held)
        self._file.flush()
        return torch.from_numpy(np.memmap(self._file, np.float32, "r+", shape=(self.n, self.width)))

    def batches(self, start: int, stop: int) -> Iterator[Tensor]:
        """Rows `start` to `stop` in batches. From a file, only one batch takes memory."""
        if self._file is None:
            yield from torch.split(self.whole[start:stop], BATCH)
            return
        for row in range(start, stop, BATCH):
            self._file.seek(row * self.width * 4)
            rows = np.empty((min(BATCH, stop - row), self.width), np.float32)
            self._file.readinto(rows.data)  # type: ignore[attr-defined]
            yield torch.from_numpy(rows)
