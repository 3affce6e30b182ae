"""The source of a plugin, which is part of the identity of recipes that use it."""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from pathlib import Path


@cache
def package_sha256(module: str) -> str | None:
    """Of all Python files of the package that a module belongs to, as they are when they are first asked for.

    Editing them while a run trains changes nothing about the run. None where there is no source.
    """
    names = module.split(".")
    prefixes = [".".join(names[: n + 1]) for n in range(len(names))]
    file = next((f for name in prefixes if (f := getattr(sys.modules.get(name), "__file__", None))), None)
    if file is None or not file.endswith(".py"):
        return None
    path = Path(file)
    files = sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]
    digest = hashlib.sha256()
    for source in files:
        digest.update(f"{source.relative_to(path.parent).as_posix()}\n".encode())
        digest.update(hashlib.sha256(source.read_bytes()).digest())
    return digest.hexdigest()
