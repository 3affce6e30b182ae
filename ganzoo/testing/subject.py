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
from ganzoo.registry.load import Plugin, call, manager, module_file
from ganzoo.registry.local import from_file, source_tree
from ganzoo.registry.registry import Entry, Registry
from ganzoo.support.errors import NoPlugin
from ganzoo.support.faults import Faults
from ganzoo.support.messages import nearest, sentence
from ganzoo.testing.check import Skip
from ganzoo.zoo import catalog

EXPECTED = "EXPECTED_FAILURES"
"""What a plugin's module may call its failures that are known: {"check" or "part-check": "why"}."""


@dataclass(frozen=True)
class Subject:
    """A plugin, or, with no plugin, what ganzoo itself registers."""

    module: str
    """Torch-free, with the hook; empty for a single file, which holds all there is."""
    plugin: Plugin | None = None
    fault: str = ""
    """Why it could not be loaded."""
    expected: Mapping[str, str] = field(default_factory=dict)

    def knowing(self) -> AbstractContextManager[Registry]:
        """While active, this plugin and no other is known."""
        return registry.using(given=[self.plugin] if self.plugin else [], plugins=False)

    def entries(self) -> list[Entry]:
        """Its parts."""
        with self.knowing() as known:
            own = self.plugin.id if self.plugin else None
            return [] if self.fault else [e for e in known.entries() if e.origin.plugin == own]


@dataclass(frozen=True)
class Candidate:
    """One part of a subject."""

    entry: Entry
    subject: Subject
    given: Mapping[str, Any] = field(default_factory=dict)
    """Options without which it cannot be built."""

    @property
    def component(self) -> Component:
        """What it says of itself."""
        return self.entry.component

    @cached_property
    def part(self) -> Part:
        """With all options resolved. Raises `Skip` where it cannot be: the check `target` says why."""
        if self.resolved[0] is None:
            raise Skip("it cannot be built: see static, target")
        return self.resolved[0]

    @cached_property
    def resolved(self) -> tuple[Part | None, list[str]]:
        """The part, if it can be built, and its faults. Raises `Skip` where an option is needed that was not given."""
        faults = Faults()
        part = faults.collect(resolve_part, Selected(self.entry, self.given))
        if part is None and any("needs its option" in fault for fault in faults.messages):
            need = faults.messages[0]
            raise Skip(f"{need}; give it: conformance(plugin, options={{{self.component.name!r}: {{...}}}})")
        faults.add(*(class_faults(part) if part else ()))
        return None if faults else part, faults.messages

    @property
    def spec(self) -> str:
        """How it stands in a spec."""
        return self.entry.name if self.component.kind == "bundle" else str(self.part)

    def build(self) -> Any:
        """A new instance."""
        return self.part.build()


def subject(plugin: ModuleType | str | Path) -> Subject:
    """The subject that a module, a source tree, a file, or the id or module of an installed plugin is.

    Raises `ganzoo.registry.local.NoPlugin` for a path that holds no plugin, and for a name that nothing has.
    """
    if isinstance(plugin, ModuleType):
        return _built_in() if plugin is catalog else _of_module(plugin.__name__)
    path = Path(plugin)
    if path.is_dir() and (isinstance(plugin, Path) or (path / "pyproject.toml").exists()):
        source = source_tree(path)
        return _load(Plugin(source.id, source.distribution, source.version, source.module))
    return _of_file(path) if path.suffix == ".py" else _of_module(str(plugin))


def _built_in() -> Subject:
    return Subject(catalog.__name__)


def _of_file(path: Path) -> Subject:
    made = from_file(path)
    return Subject("", made, expected=_expected(import_module(made.id)))


def _of_module(name: str) -> Subject:
    """An installed plugin by its id or its module, or a module that can be imported."""
    if name in ("ganzoo", catalog.__name__):
        return _built_in()
    installed = registry.default().plugins
    for plugin in installed:
        if name in (plugin.id, plugin.location) and plugin.status != "disabled":
            return _load(plugin)
    if not module_file(name):
        hint = nearest(name, [p.id for p in installed], "see `ganzoo plugin list`")
        raise NoPlugin(f"{name} is no folder of a plugin, no .py file, no installed plugin and no module{hint}")
    return _load(Plugin(name.partition(".")[0].removeprefix("ganzoo_"), "", "", name))


def _load(plugin: Plugin) -> Subject:
    try:
        module = import_module(plugin.location)
        components = call(manager(), module, plugin.id)
    except (Exception, SystemExit) as error:
        return Subject(plugin.location, plugin, fault=sentence(error))
    return Subject(plugin.location, replace(plugin, status="ok", components=components), expected=_expected(module))


def _expected(module: ModuleType) -> dict[str, str]:
    return dict(getattr(module, EXPECTED, {}))
