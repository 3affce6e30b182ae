"""The built-in components, a file of TOML per kind, given as a plugin would give them: by a hook.

`Registry` calls the hook directly, without pluggy, so that looking up a built-in name imports nothing else.
"""

import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from ganzoo.interfaces.component import KINDS, Component
from ganzoo.interfaces.hookspecs import hookimpl


@hookimpl
@cache
def ganzoo_components() -> Iterable[Component]:
    """All built-in components: in the order of `KINDS`, and of each kind's file."""
    files = {kind: Path(__file__).with_name(f"{kind}.toml") for kind in KINDS}
    tables = {kind: tomllib.loads(file.read_text("utf-8")) for kind, file in files.items() if file.exists()}
    return tuple(
        Component(**{"kind": kind, "name": name, **fields})
        for kind, table in tables.items()
        for name, fields in table.items()
    )
