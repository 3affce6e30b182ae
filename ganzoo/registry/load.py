"""Load plugins: import each, let pluggy check and call its hook. One that fails does not affect the others."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from importlib.metadata import EntryPoint

import pluggy

from ganzoo.interfaces import hookspecs
from ganzoo.interfaces.component import MIXED, Component
from ganzoo.registry.find import GROUP, Plugin, find_plugins
from ganzoo.support.messages import sentence


def load_plugins(environ: Mapping[str, str] = os.environ, given: Collection[Plugin] = ()) -> list[Plugin]:
    """The plugins in `given`, which are loaded already, and every installed one, loaded unless `find` excludes it."""
    found = find_plugins(environ, given)
    return [*given, *(load_plugin(plugin) if plugin.status == "ok" else plugin for plugin in found)]


def load_plugin(plugin: Plugin) -> Plugin:
    """Import an installed plugin: the result has its components, or the status "failed" and the reason."""
    entry_point = EntryPoint(plugin.id, plugin.location, GROUP)
    started = time.perf_counter()
    try:
        loaded = replace(plugin, components=components_of(entry_point.load(), plugin.id))
    except (Exception, SystemExit) as error:
        loaded = replace(plugin, status="failed", why=sentence(error) + _wrong_entry_point(entry_point, error))
    return replace(loaded, import_s=round(time.perf_counter() - started, 4))


def components_of(module: object, plugin_id: str) -> tuple[Component, ...]:
    """Register a plugin's module with pluggy, which checks its hook against the hookspec, and call the hook.

    Raises `pluggy.PluginValidationError` for a hook with a wrong name or signature, `TypeError` or `ValueError` for
    a wrong result, and whatever the hook raises.
    """
    container = pluggy.PluginManager(GROUP)  # a container for each plugin: its hook is called alone
    container.add_hookspecs(hookspecs)
    container.register(module, name=plugin_id)
    container.check_pending()
    if not container.get_hookcallers(module):
        raise TypeError("it has no function ganzoo_components marked with @ganzoo.hookimpl")
    results = container.hook.ganzoo_components()
    returned = results[0] if results else None
    if not isinstance(returned, Iterable):
        raise TypeError(f"ganzoo_components() returned {returned!r}, not a list of ganzoo.Component")
    components = tuple(returned)
    for item in components:
        if not isinstance(item, Component):
            raise TypeError(f"ganzoo_components() returned {item!r}, which is not a ganzoo.Component")
    _refuse_duplicates(components)
    return components


def _refuse_duplicates(components: Iterable[Component]) -> None:
    """Architectures, losses, regularizers and bundles share their names: plugin/name must identify one of them."""
    names = Counter((c.kind not in MIXED and c.kind, c.name) for c in components)
    for (_, name), count in names.items():
        if count > 1:
            raise ValueError(f"it has {count} components named {name}")


def _wrong_entry_point(point: EntryPoint, error: BaseException) -> str:
    """What to do if the module that the entry point names does not exist."""
    absent = isinstance(error, ModuleNotFoundError) and f"{point.module}.".startswith(f"{error.name}.")
    return f"; its entry point is {point.value!r}: correct it in its pyproject.toml and reinstall" if absent else ""
