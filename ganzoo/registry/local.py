"""Plugins that are not installed: a single file (`--with FILE.py`), or the source tree of a package."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import time
import tomllib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ganzoo.registry.find import GROUP, Plugin
from ganzoo.registry.load import components_of
from ganzoo.support.errors import NoPlugin
from ganzoo.support.files import expanded
from ganzoo.support.messages import listed, sentence


def load_file(path: Path) -> Plugin:
    """Load a single Python file that holds the hook and the parts themselves.

    The file is imported as a module of its own name, so a component's target is f"{__name__}:MyLoss" or
    "my_loss:MyLoss". Raises `NoPlugin`.
    """
    path, name = expanded(path).resolve(), path.stem
    if path.suffix != ".py" or not path.is_file():
        raise NoPlugin(f"{path}: no such Python file; give one that has a function ganzoo_components")
    if not name.isidentifier():
        raise NoPlugin(f"{path}: {name!r} is not a valid module name; use letters, digits and _, as in my_loss.py")
    content = path.read_bytes()
    plugin = Plugin(name, "", "", str(path), sha256=hashlib.sha256(content).hexdigest())
    started = time.perf_counter()
    try:
        components = components_of(_import_file(name, path, content), name)
    except (Exception, SystemExit) as error:
        raise NoPlugin(f"{path} cannot be loaded: {sentence(error)}") from error
    return replace(plugin, components=components, import_s=round(time.perf_counter() - started, 4))


def load_files(paths: Iterable[Path], given: Iterable[Plugin] = ()) -> list[Plugin]:
    """The plugins in `given`, then those that are loaded from files. Raises `NoPlugin`, also if two share a name."""
    plugins = {plugin.id: plugin for plugin in given}
    for plugin in map(load_file, paths):
        if (other := plugins.get(plugin.id)) and other.location != plugin.location:
            raise NoPlugin(f"{plugin.location} and {other.location} have the same name; rename one of them")
        plugins[plugin.id] = plugin
    return list(plugins.values())


def _import_file(name: str, path: Path, content: bytes) -> Any:
    """Execute the content that was hashed, once, as the module `name`."""
    before = sys.modules.get(name)
    if before is not None and getattr(before, "_ganzoo_file", None) == (str(path), content):
        return before
    if getattr(before, "_ganzoo_file", None) is None and _is_other_module(name, path):
        raise NoPlugin(f"there is another module {name}; rename the file")
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


def _is_other_module(name: str, path: Path) -> bool:
    """Whether `import name` would import something other than this file."""
    try:
        module = sys.modules.get(name) or importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return False
    origin = getattr(module, "__file__", None) or getattr(module, "origin", None)
    return module is not None and (origin is None or Path(origin).resolve() != path)


def read_source_tree(folder: Path) -> Plugin:
    """The plugin that a folder's pyproject.toml declares, not loaded yet; its code becomes importable.

    Raises `NoPlugin`.
    """
    file = folder / "pyproject.toml"
    try:
        project = tomllib.loads(file.read_text()).get("project", {})
    except OSError:
        raise NoPlugin(
            f"{folder} has no pyproject.toml; give the folder of a plugin, its file, or the name of an installed plugin"
        ) from None
    except ValueError as error:
        raise NoPlugin(f"{file} cannot be read: {error}") from None
    entry_points = project.get("entry-points", {}).get(GROUP, {})
    if len(entry_points) != 1:
        declared = (
            f"it declares {listed(entry_points, 'and')}; install it, and name one" if entry_points else "it has none"
        )
        raise NoPlugin(f'{file} must have one entry point, [project.entry-points.{GROUP}] id = "module"; {declared}')
    root = str((folder / "src" if (folder / "src").is_dir() else folder).resolve())
    if root not in sys.path:
        sys.path.insert(0, root)
    ((id_, module),) = entry_points.items()
    return Plugin(id_, project.get("name", folder.name), str(project.get("version", "")), module)
