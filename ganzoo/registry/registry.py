"""Look up components by name. Built-in parts come first; plugins are loaded only for a name that is not built in."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganzoo.interfaces.component import KINDS, Component
from ganzoo.support.errors import UnknownName, Unloadable
from ganzoo.support.files import all_named_by
from ganzoo.support.messages import listed, nearest, sentence
from ganzoo.zoo import catalog

if TYPE_CHECKING:
    from ganzoo.registry.find import Plugin

WITH = "GANZOO_WITH"
"""The environment variable that names the files given with `--with`: a command's worker processes read it."""


@dataclass(frozen=True)
class Origin:
    """Where a component comes from. All None: ganzoo itself."""

    plugin: str | None = None
    distribution: str | None = None
    """None for a file or a source tree that is not installed."""
    version: str | None = None
    file: str | None = None
    """The file that was given with `--with`."""
    sha256: str | None = None
    """Of that file's content when it was loaded."""

    def __str__(self) -> str:
        where = f"{self.distribution} {self.version}" if self.distribution else self.file
        return f"plugin {self.plugin} ({where})" if self.plugin else "built in"


@dataclass(frozen=True)
class Entry:
    """A component and its origin."""

    component: Component
    origin: Origin = field(default_factory=Origin)

    @property
    def name(self) -> str:
        """The name that finds it whatever else is installed: "gp", or "plugin/gp"."""
        return self._full(self.component.name)

    @property
    def first_name(self) -> str:
        """The same, as it was first called."""
        return self._full((*self.component.aliases, self.component.name)[0])

    def _full(self, name: str) -> str:
        return f"{self.origin.plugin}/{name}" if self.origin.plugin else name


class Registry:
    """All components: `builtins` (the catalog, unless given), those of `given` plugins, and of installed plugins."""

    def __init__(
        self,
        builtins: Iterable[Component] | None = None,
        environ: Mapping[str, str] = os.environ,
        given: Collection[Plugin] = (),
    ) -> None:
        self._builtin_entries = [Entry(c) for c in (catalog.ganzoo_components() if builtins is None else builtins)]
        self.environ, self.given = environ, tuple(given)

    @cached_property
    def plugins(self) -> list[Plugin]:
        """Every plugin, loaded or with the reason why not. The first access loads them."""
        from ganzoo.registry.load import load_plugins

        return load_plugins(self.environ, self.given)

    @cached_property
    def _plugin_entries(self) -> list[Entry]:
        return [Entry(c, _origin(plugin)) for plugin in self.plugins for c in plugin.components]

    @property
    def warnings(self) -> list[str]:
        """A line for each plugin that could not be loaded. Does not load plugins."""
        loaded = self.plugins if "plugins" in self.__dict__ else []
        return [f"{p} was not loaded: {p.why}" for p in loaded if p.status in ("failed", "incompatible")]

    def entries(self, *kinds: str) -> list[Entry]:
        """All entries, or those of some kinds: built-in ones first."""
        return [e for e in [*self._builtin_entries, *self._plugin_entries] if not kinds or e.component.kind in kinds]

    def lookup(self, name: str, kinds: Iterable[str] = KINDS, plugin: str | None = None) -> Entry:
        """The component of that name among `kinds`, from `plugin` if given. Raises `UnknownName`.

        A bare name means the built-in component; if there is none, plugins are loaded and searched.
        """
        kinds = tuple(kinds)
        matches = [] if plugin else _matching(self._builtin_entries, name, kinds)
        if not matches:
            entries = [e for e in self._plugin_entries if plugin in (None, e.origin.plugin)]
            matches = _matching(entries, name, kinds)
        if len(matches) == 1:
            return matches[0]
        raise UnknownName(_ambiguous(name, matches) if matches else self._unknown(name, kinds, plugin))

    def _unknown(self, name: str, kinds: tuple[str, ...], plugin: str | None) -> str:
        full_name, wanted = f"{plugin}/{name}" if plugin else name, "part" if kinds == KINDS else listed(kinds)
        other_kinds = {e.component.kind for e in self.entries() if full_name in (e.name, e.component.name)}
        if other_kinds:
            message = f"{full_name!r} is of the kind {listed(sorted(other_kinds))}, not {wanted}"
        else:
            message = f"no {wanted} is called {full_name!r}"
        if other_kinds == {"dataset"}:
            message += f"; a data set is written @{full_name}"
        else:
            names = [n for e in self.entries(*kinds) for n in {e.name, e.component.name}]
            message += nearest(full_name, names, "see `ganzoo list`")
        return "; ".join([message, *self._not_searched(plugin), *_shortened(self.warnings)])

    def _not_searched(self, plugin: str | None) -> list[str]:
        """Plugins that might have the name, but are disabled or not installed, and what to do about it."""
        if plugin is None:
            disabled = [p.id for p in self.plugins if p.status == "disabled"]
            return [f"disabled, so not searched: {', '.join(disabled)} (see `ganzoo plugin list`)"] if disabled else []
        of_id = [p for p in self.plugins if p.id == plugin]
        if not of_id:
            return [f"no plugin {plugin} is installed: `pip install ganzoo-{plugin}`, or --with {plugin}.py"]
        return [f"{p} is not loaded: {p.why}" for p in of_id if p.status == "disabled"]


def _origin(plugin: Plugin) -> Origin:
    file = plugin.location if plugin.sha256 else None
    return Origin(plugin.id, plugin.distribution or None, plugin.version or None, file, plugin.sha256)


def _shortened(warnings: list[str]) -> list[str]:
    """At most two warnings, else their number: many would hide the message that they follow."""
    return warnings if len(warnings) <= 2 else [f"{len(warnings)} plugins were not loaded: see `ganzoo plugin list`"]


def _matching(entries: list[Entry], name: str, kinds: tuple[str, ...]) -> list[Entry]:
    """Those of that name; else those that had it before."""
    of_kind = [e for e in entries if e.component.kind in kinds]
    return [e for e in of_kind if e.component.name == name] or [e for e in of_kind if name in e.component.aliases]


def _ambiguous(name: str, matches: list[Entry]) -> str:
    claims = ", ".join(f"{e.name} (a {e.component.kind}, {e.origin})" for e in matches)
    first = matches[0]
    return f"{name!r} could be {claims}; write the full name, such as {first.name}, or {first.component.kind}={name}"


def import_target(component: Component) -> Any:
    """Import what a component's target names, such as its class. Raises `Unloadable`."""
    module, _, attribute = component.target.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (Exception, SystemExit) as error:
        part = f"{component.kind} {component.name!r}"
        raise Unloadable(f"{part} cannot be loaded from {component.target}: {sentence(error)}") from error


_registry_in_use: ContextVar[Registry] = ContextVar("registry_in_use")


@cache
def _process_registry() -> Registry:
    """Outside of `using`: installed plugins, and the files that `GANZOO_WITH` names."""
    return Registry(given=_with_files(all_named_by(WITH), ()))


def current_registry() -> Registry:
    """The registry of the innermost `using` of this thread or task, else that of the process."""
    return _registry_in_use.get(None) or _process_registry()


@contextmanager
def using(
    files: Iterable[str | os.PathLike[str]] = (), given: Collection[Plugin] = (), plugins: bool = True
) -> Iterator[Registry]:
    """Within the block, also know the parts of some Python files that have the hook, as `--with` does for a command.

        with ganzoo.using(["my_loss.py"]):
            run = ganzoo.run("mlp+soft@ring8", steps=20)

    It applies to the current thread (a context variable); a thread started within it begins without. `given` are
    plugins that are loaded already; `plugins=False` leaves out the installed ones. Raises
    `ganzoo.support.errors.NoPlugin` for a file that is not a plugin.
    """
    outer = current_registry()
    environ = outer.environ if plugins else {**outer.environ, "GANZOO_PLUGINS": ""}
    inner = Registry(None, environ, _with_files(map(Path, files), [*outer.given, *given]))
    token = _registry_in_use.set(inner)
    try:
        yield inner
    finally:
        _registry_in_use.reset(token)


def _with_files(files: Iterable[Path], given: Collection[Plugin]) -> Collection[Plugin]:
    from ganzoo.registry.local import load_files

    return load_files(files, given) if (files := list(files)) else given


def missing_plugins(parts: Iterable[Mapping[str, Any]]) -> list[str]:
    """A sentence for each plugin that the recorded parts of a run need and that is not loaded: how to get it back."""
    needed = {part["plugin"]: part for part in parts if part.get("plugin")}
    plugins = {p.id: p for p in reversed(current_registry().plugins)} if needed else {}
    messages = []
    for plugin_id, part in needed.items():
        if (plugin := plugins.get(plugin_id)) is None:
            messages.append(_how_to_restore(part))
        elif plugin.status != "ok":
            messages.append(f"{plugin} was not loaded: {plugin.why}")
    return messages


def given_files(parts: Iterable[Mapping[str, Any]]) -> list[str]:
    """The files that were given with `--with` and that the recorded parts of a run come from."""
    needed = {part["plugin"] for part in parts if part.get("plugin") and not part.get("distribution")}
    if not needed:
        return []
    return [plugin.location for plugin in current_registry().plugins if plugin.id in needed and plugin.sha256]


def _how_to_restore(part: Mapping[str, Any]) -> str:
    if distribution := part.get("distribution"):
        version = part.get("distribution_version")
        return f"{part['name']} needs {distribution} {version}: `pip install {distribution}=={version}`"
    file = f"{part['plugin']}.py"
    return f"{part['name']} comes from a file: give it with --with {file}, or in Python `ganzoo.using(['{file}'])`"


def list_components(kind: str | None = None) -> list[Component]:
    """All components, or those of one kind such as "loss": built-in ones in the catalog's order, then plugins'.

    Loads plugins, but imports no component's code. Raises `LookupError` for an unknown kind.
    """
    if kind is not None and kind not in KINDS:
        raise UnknownName(f"no kind of component is called {kind!r}{nearest(kind, KINDS)}")
    return [entry.component for entry in current_registry().entries(*[kind] if kind else [])]
