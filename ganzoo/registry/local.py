"""Plugins that are not installed: a single file, and a source tree."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import time
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ganzoo.registry.load import GROUP, Plugin, call, manager
from ganzoo.support.errors import NoPlugin
from ganzoo.support.messages import listed, sentence


def from_file(path: Path) -> Plugin:
    """The plugin that a single Python file is: it holds the hook, and the parts themselves.

    The file becomes the module of its own name, so that a component's target may be f"{__name__}:MyLoss" or
    "my_loss:MyLoss". Raises `NoPlugin`.
    """
    path, name = path.expanduser().resolve(), path.stem
    if path.suffix != ".py" or not path.is_file():
        raise NoPlugin(f"{path}: no such Python file; name one that has a function ganzoo_components")
    if not name.isidentifier():
        raise NoPlugin(f"{path}: {name!r} is no name of a module; use letters, digits and _, as in my_loss.py")
    content = path.read_bytes()
    plugin = Plugin(name, "", "", str(path), sha256=hashlib.sha256(content).hexdigest())
    began = time.perf_counter()
    try:
        components = call(manager(), _module(name, path, content), name)
    except (Exception, SystemExit) as error:
        raise NoPlugin(f"{path} cannot be loaded: {sentence(error)}") from error
    return replace(plugin, components=components, import_s=round(time.perf_counter() - began, 4))


def from_files(paths: Iterable[Path], given: Iterable[Plugin] = ()) -> list[Plugin]:
    """The plugins that files are, beside those that are `given`. Raises `NoPlugin`, also where two are called alike."""
    found = {plugin.id: plugin for plugin in given}
    for plugin in map(from_file, paths):
        if (other := found.get(plugin.id)) and other.location != plugin.location:
            raise NoPlugin(f"{plugin.location} and {other.location} have one name; rename one of them")
        found[plugin.id] = plugin
    return list(found.values())


def _module(name: str, path: Path, content: bytes) -> Any:
    """Run exactly the content that was hashed, once."""
    before = sys.modules.get(name)
    if before is not None and getattr(before, "_ganzoo_file", None) == (str(path), content):
        return before
    if getattr(before, "_ganzoo_file", None) is None and _taken(name, path):
        raise NoPlugin(f"another module is called {name}; give the file a name of its own")
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec) if spec else None
    vars(module)["_ganzoo_file"] = (str(path), content)
    sys.modules[name] = module  # type: ignore[assignment]
    try:
        exec(compile(content, str(path), "exec"), vars(module))
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _taken(name: str, path: Path) -> bool:
    """Whether importing this name means something else than this file."""
    try:
        found = sys.modules.get(name) or importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return False
    origin = getattr(found, "__file__", None) or getattr(found, "origin", None)
    return found is not None and (origin is None or Path(origin).resolve() != path)


@dataclass(frozen=True)
class Source:
    """A plugin as the pyproject.toml of its source tree announces it."""

    id: str
    distribution: str
    version: str
    module: str


def source_tree(folder: Path) -> Source:
    """What a source tree announces; its code becomes importable. Raises `NoPlugin`."""
    file = folder / "pyproject.toml"
    try:
        project = tomllib.loads(file.read_text()).get("project", {})
    except OSError:
        raise NoPlugin(
            f"{folder} has no pyproject.toml; name the folder of a plugin, its file, or an installed plugin"
        ) from None
    except ValueError as error:
        raise NoPlugin(f"{file} cannot be read: {error}") from None
    points = project.get("entry-points", {}).get(GROUP, {})
    if len(points) != 1:
        found = f"announces {listed(points, 'and')}; check one by its installed name" if points else "announces none"
        raise NoPlugin(
            f'{file}: a plugin has one entry point, [project.entry-points.{GROUP}] id = "module"; this {found}'
        )
    root = str((folder / "src" if (folder / "src").is_dir() else folder).resolve())
    if root not in sys.path:
        sys.path.insert(0, root)
    ((id_, module),) = points.items()
    return Source(id_, project.get("name", folder.name), str(project.get("version", "")), module)
