"""Statistics of real data on disk, so that later evaluations of the same data read them instead of computing them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from ganzoo.support.files import cache_dir, write

FORMAT = 2
"""Raised when what is stored, or how it is computed, changes."""
Statistics = dict[str, Tensor]


def stored(key: Mapping[str, str | int], compute: Callable[[], Statistics]) -> Statistics:
    """`compute()`, or what an earlier call stored under the same key.

    `key` holds all that the numbers depend on, data and extractor by content hashes. A file that is damaged or has
    another key is computed again; a disk that cannot be written is ignored.
    """
    text = json.dumps({"format": FORMAT, **key}, sort_keys=True)
    path = cache_dir() / "statistics" / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.safetensors"
    if (statistics := _load(path, text)) is not None:
        return statistics
    statistics = {name: value.contiguous() for name, value in compute().items()}
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, save(statistics, {"key": text, "sha256": _digest(statistics)}))
    return statistics


def _load(path: Path, key: str) -> Statistics | None:
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            statistics = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
    except (OSError, SafetensorError):
        return None
    intact = (metadata.get("key"), metadata.get("sha256")) == (key, _digest(statistics))
    return statistics if intact else None


def _digest(statistics: Statistics) -> str:
    digest = hashlib.sha256()
    for name in sorted(statistics):
        digest.update(f"{name}{statistics[name].dtype}{tuple(statistics[name].shape)}".encode())
        digest.update(statistics[name].numpy().data)
    return digest.hexdigest()
