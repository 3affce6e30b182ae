"""Which plugins the user has disabled, in `plugins.json` in the configuration directory."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ganzoo.support.files import config_dir, write_json


def disabled_plugins() -> set[str]:
    """Ids of the plugins that the user has disabled."""
    ids = _settings().get("disabled", [])
    return {id_ for id_ in ids if isinstance(id_, str)} if isinstance(ids, list) else set()


def set_disabled_plugins(ids: Iterable[str]) -> None:
    """Disable these plugins and enable all others. Raises `OSError`."""
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, _settings() | {"disabled": sorted(ids)})


def _path() -> Path:
    return config_dir() / "plugins.json"


def _settings() -> dict[str, Any]:
    """The file's JSON object; empty if there is no readable file."""
    try:
        settings = json.loads(_path().read_text())
    except (OSError, ValueError):
        return {}
    return settings if isinstance(settings, dict) else {}
