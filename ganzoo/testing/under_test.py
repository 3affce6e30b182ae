"""What is checked: a plugin, and each part that it registers."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from ganzoo.interfaces.component import Component
from ganzoo.recipes.parts import Part, class_faults, resolve_part
from ganzoo.recipes.selection import Selected
from ganzoo.registry import registry
from ganzoo.registry.find import Plugin, module_file
from ganzoo.registry.load import components_of
from ganzoo.registry.local import load_file, read_source_tree
from ganzoo.registry.registry import Entry, Registry
from ganzoo.support.errors import NoPlugin
from ganzoo.support.faults import Faults
from ganzoo.support.files import expanded
from ganzoo.support.messages import nearest, sentence
from ganzoo.testing.checks import Skip
from ganzoo.zoo import catalog

EXPECTED_FAILURES = "EXPECTED_FAILURES"
"""What a plugin's module calls the checks that are expected to fail."""


@dataclass(frozen=True)
class PluginUnderTest:
    """A plugin; or, where `plugin` is None, the parts that are built into ganzoo."""

    module: str
    """The module with the hook, which must not import torch; empty for a single file, which also holds its parts."""
    plugin: Plugin | None = None
    load_error: str = ""
    """Why it could not be loaded."""
    expected_failures: Mapping[str, str] = field(default_factory=dict)
    """{"check" or "part-check": "why it fails"}, as its module says."""

    def activated(self) -> AbstractContextManager[Registry]:
        """A context in which the registry knows the built-in parts and this plugin, and no other plugin."""
        return registry.using(given=[self.plugin] if self.plugin else [], plugins=False)

    def entries(self) -> list[Entry]:
        """Its parts; none if it could not be loaded."""
        with self.activated() as known:
            own = self.plugin.id if self.plugin else None
            return [] if self.load_error else [e for e in known.entries() if e.origin.plugin == own]


@dataclass(frozen=True)
class PartUnderTest:
    """One part of a plugin."""

    entry: Entry
    plugin: PluginUnderTest
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options without which it cannot be built."""

    @property
    def component(self) -> Component:
        """Its registration."""
        return self.entry.component

    @cached_property
    def resolved(self) -> Part:
        """The part with all options resolved. Raises `Skip` where it cannot be built: the check `target` says why."""
        part, _ = self.resolution
        if part is None:
            raise Skip("it cannot be built: see static, target")
        return part

    @cached_property
    def resolution(self) -> tuple[Part | None, list[str]]:
        """The part, or None, and its faults. Raises `Skip` where it requires an option that was not given."""
        faults = Faults()
        part = faults.collect(resolve_part, Selected(self.entry, self.options))
        if part is None and (missing := [fault for fault in faults.messages if "needs its option" in fault]):
            raise Skip(f"{missing[0]}; give it: conformance(plugin, options={{{self.component.name!r}: {{...}}}})")
        faults.add(*(class_faults(part) if part else ()))
        return None if faults else part, faults.messages

    @property
    def spec(self) -> str:
        """How it is written in a spec."""
        return self.entry.name if self.component.kind == "bundle" else str(self.resolved)

    def build(self) -> Any:
        """A new instance."""
        return self.resolved.build()


def find_plugin(given: ModuleType | str | Path) -> PluginUnderTest:
    """The plugin that is in a module, a source tree or a file, or is installed under this id or module name.

    Raises `NoPlugin` for a path that holds no plugin, and for an unknown name.
    """
    if isinstance(given, ModuleType):
        return _from_name(given.__name__)
    path = expanded(given)
    if path.is_dir() and (isinstance(given, Path) or (path / "pyproject.toml").exists()):
        return _from_module(read_source_tree(path))
    if path.suffix == ".py":
        plugin = load_file(path)
        return PluginUnderTest("", plugin, expected_failures=getattr(import_module(plugin.id), EXPECTED_FAILURES, {}))
    return _from_name(str(given))


def _from_name(name: str) -> PluginUnderTest:
    """ganzoo itself, an installed plugin by its id or its module, or any module that can be imported."""
    if name in ("ganzoo", catalog.__name__):
        return PluginUnderTest(catalog.__name__)
    installed = registry.current_registry().plugins
    for plugin in installed:
        if name in (plugin.id, plugin.location) and plugin.status != "disabled":
            return _from_module(plugin)
    if not module_file(name):
        hint = nearest(name, [p.id for p in installed], "see `ganzoo plugin list`")
        raise NoPlugin(f"{name} is no folder of a plugin, no .py file, no installed plugin and no module{hint}")
    return _from_module(Plugin(name.partition(".")[0].removeprefix("ganzoo_"), "", "", name))


def _from_module(plugin: Plugin) -> PluginUnderTest:
    try:
        module = import_module(plugin.location)
        components = components_of(module, plugin.id)
    except (Exception, SystemExit) as error:
        return PluginUnderTest(plugin.location, plugin, load_error=sentence(error))
    loaded = replace(plugin, status="ok", components=components)
    return PluginUnderTest(plugin.location, loaded, expected_failures=getattr(module, EXPECTED_FAILURES, {}))
