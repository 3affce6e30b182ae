"""The first look at a plugin's code is taken by a process of its own, which may not take longer than five seconds.

An endless import, or one that ends the whole process, cannot be caught where it happens. Code is known by its hash: it
is looked at once, and what did not come back is not imported again until it changes, or until it is enabled again.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.machinery import ModuleSpec
from pathlib import Path

from ganzoo import home

LIMIT = 5.0
"""Seconds."""
LOOK = """
import importlib, json, sys
sys.path[:] = json.loads(sys.argv[1])
try:
    list(getattr(importlib.import_module(sys.argv[2]), "ganzoo_components", list)())
finally:
    print("\\nback", flush=True)
"""
"""What raises is caught again, and said, where the plugin is loaded: here it only has to come back."""


def quarantined(modules: Iterable[str]) -> dict[str, str]:
    """Of these modules, those that must not be imported, and why. Code that was never seen is looked at now."""
    prints = {module: code for module in modules if (code := fingerprint(module))}
    known = {code: why for code, why in home.read(_file()).items() if isinstance(why, str)}
    new = {module: code for module, code in prints.items() if code not in known}
    if new:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            known |= dict(zip(new.values(), pool.map(_look, new), strict=True))
        with suppress(OSError):  # then it is looked at again the next time
            home.write(_file(), home.read(_file()) | known)
    return {module: known[code] for module, code in prints.items() if known[code]}


def forgive(module: str) -> None:
    """Look at a module again the next time. Raises `OSError`."""
    known = home.read(_file())
    if known.pop(fingerprint(module), None) is not None:
        home.write(_file(), known)


def fingerprint(module: str) -> str:
    """Of a module, its packages, and the modules beside it. Imports nothing; empty for a module that has no file."""
    files = list(sources(module))
    digest = hashlib.sha256(sys.version.encode())
    for file in files:
        digest.update(str(file).encode())
        with suppress(OSError):
            digest.update(file.read_bytes())
    return digest.hexdigest() if files else ""


def sources(module: str) -> Iterator[Path]:
    """The files that decide what importing a module does, as far as they lie in its own package; its own is last."""
    path: list[str] | None = None
    name, found = "", None
    for part in module.split("."):
        name = f"{name}.{part}" if name else part
        if (found := _find(name, path)) is None:
            return
        path = list(found.submodule_search_locations or ())
        if path and found.origin:
            yield Path(found.origin)
    if found and found.origin and not path:
        beside = sorted(Path(found.origin).parent.glob("*.py")) if "." in module else []
        yield from (file for file in beside if file.name != "__init__.py" and str(file) != found.origin)
        yield Path(found.origin)


def _find(name: str, path: list[str] | None) -> ModuleSpec | None:
    """As `importlib.util.find_spec`, which would import the packages on the way."""
    for finder in sys.meta_path:
        with suppress(Exception):
            if found := finder.find_spec(name, path):
                return found
    return None


def _look(module: str) -> str:
    """Why a module must not be imported here; empty if nothing speaks against it."""
    command = [sys.executable, "-c", LOOK, json.dumps(sys.path), module]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=LIMIT
        )
    except subprocess.TimeoutExpired:
        return f"importing it did not end within {LIMIT:g} s"
    except OSError:
        return ""
    return "" if done.stdout.rstrip().endswith(b"back") else f"importing it ends the process (code {done.returncode})"


def _file() -> Path:
    return home.cache() / "plugins.json"
