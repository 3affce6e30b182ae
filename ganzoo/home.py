"""Where ganzoo keeps what belongs to a user, and which plugins are switched off. Standard library only."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any


def cache() -> Path:
    """What can be made again: `$XDG_CACHE_HOME/ganzoo`, or `~/.cache/ganzoo`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ganzoo"


def config() -> Path:
    """What the user decided: `$XDG_CONFIG_HOME/ganzoo`, or `~/.config/ganzoo`."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "ganzoo"


def read(path: Path) -> dict[str, Any]:
    """A JSON object; empty where there is none that can be read."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON object: the old one or the new one is there, never a part. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")
        os.replace(temporary, path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def disabled() -> set[str]:
    """The plugins that the user has switched off."""
    names = read(config() / "plugins.json").get("disabled", [])
    return {name for name in names if isinstance(name, str)} if isinstance(names, list) else set()


def disable(names: Iterable[str]) -> None:
    """Switch these plugins off, and no others. Raises `OSError`."""
    path = config() / "plugins.json"
    write(path, read(path) | {"disabled": sorted(names)})
