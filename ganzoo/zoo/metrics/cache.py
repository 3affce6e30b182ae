"""Reference statistics on disk, under a key made of content hashes: another run of the same comparison reads them."""

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
    """`compute()`, read from disk if it is there, else written for the next time.

    `key` holds all that the numbers depend on. A file that is damaged, or that answers to another key, is computed
    anew; a disk that cannot be written is passed over.
    """
    text = json.dumps({"format": FORMAT, **key}, sort_keys=True)
    path = cache_dir() / "statistics" / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.safetensors"
    if (found := _read(path, text)) is not None:
        return found
    made = {name: value.contiguous() for name, value in compute().items()}
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, save(made, {"key": text, "sha256": _digest(made)}))
    return made


def _read(path: Path, text: str) -> Statistics | None:
    try:
        with safe_open(path, "pt") as file:
            said = file.metadata() or {}
            found = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
    except (OSError, SafetensorError):
        return None
    return found if (said.get("key"), said.get("sha256")) == (text, _digest(found)) else None


def _digest(statistics: Statistics) -> str:
    digest = hashlib.sha256()
    for name in sorted(statistics):
        digest.update(f"{name}{statistics[name].dtype}{tuple(statistics[name].shape)}".encode())
        digest.update(statistics[name].numpy().data)
    return digest.hexdigest()
