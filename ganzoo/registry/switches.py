"""Which plugins the user has switched off, in `plugins.json` among the user's settings."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ganzoo.support.files import config_dir, write_json


def disabled() -> set[str]:
    """Ids of the plugins that the user has switched off."""
    names = _settings().get("disabled", [])
    return {name for name in names if isinstance(name, str)} if isinstance(names, list) else set()


def disable(ids: Iterable[str]) -> None:
    """Switch these plugins off, and no others. Raises `OSError`."""
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, _settings() | {"disabled": sorted(ids)})


def _path() -> Path:
    return config_dir() / "plugins.json"


def _settings() -> dict[str, Any]:
    """The file's JSON object; empty where there is none that can be read."""
    try:
        settings = json.loads(_path().read_text())
    except (OSError, ValueError):
        return {}
    return settings if isinstance(settings, dict) else {}
