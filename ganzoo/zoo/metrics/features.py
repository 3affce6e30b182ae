"""Features of many samples without many gigabytes: made in batches, kept in memory or in a temporary file."""

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
"""Numbers (256 MB) beyond which features lie in a temporary file."""
Watch = Callable[[str, int, int], None]
"""Told what is being looked at, how many samples are done, and of how many."""


def unwatched(what: str, done: int, of: int) -> None:
    """Nobody looks."""


def batch_of(extractor: Extractor) -> int:
    """Samples at a time."""
    return getattr(extractor, "batch", BATCH)


def extract(extractor: Extractor, x: Tensor, watch: Watch = unwatched) -> Iterator[Tensor]:
    """Features of `x` (N, ...), a batch at a time."""
    done = 0
    for batch in torch.split(x, batch_of(extractor)):
        yield extractor(batch)
        watch(extractor.key, done := done + len(batch), len(x))


class Features:
    """(n, F) float32 that come in parts (m, F): in memory, or if they are many in a file that nobody else sees."""

    def __init__(self, parts: Iterable[Tensor], n: int) -> None:
        self.n, self.width, self._file = n, 0, None
        self._held: list[Tensor] = []
        for part in parts:
            if not self.width:
                self.width = part.shape[1]
                self._file = self._open() if n * self.width > IN_MEMORY else None
            self._keep(part.float())

    def _open(self) -> IO[bytes]:
        file = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the features live
        weakref.finalize(self, file.close)
        return file

    def _keep(self, part: Tensor) -> None:
        if self._file is None:
            self._held.append(part)
        else:
            self._file.write(part.contiguous().numpy().data)

    @cached_property
    def whole(self) -> Tensor:
        """All of them. From a file, a row takes memory once it is looked at."""
        if self._file is None:
            held, self._held = self._held, []
            return torch.cat(held)
        self._file.flush()
        return torch.from_numpy(np.memmap(self._file, np.float32, "r+", shape=(self.n, self.width)))

    def blocks(self, start: int, stop: int) -> Iterator[Tensor]:
        """Some rows in parts. From a file, they take no more memory than a part."""
        if self._file is None:
            yield from torch.split(self.whole[start:stop], BATCH)
            return
        for row in range(start, stop, BATCH):
            self._file.seek(row * self.width * 4)
            rows = np.empty((min(BATCH, stop - row), self.width), np.float32)
            self._file.readinto(rows.data)  # type: ignore[attr-defined]
            yield torch.from_numpy(rows)
