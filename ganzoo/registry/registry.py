"""Names to components. Built-ins own the bare names; plugins are loaded only when a name is not built in."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganzoo.interfaces.component import KINDS, Component
from ganzoo.support.errors import UnknownName, Unloadable
from ganzoo.support.messages import listed, nearest, sentence
from ganzoo.zoo import catalog

if TYPE_CHECKING:
    from ganzoo.registry.load import Plugin

WITH = "GANZOO_WITH"


@dataclass(frozen=True)
class Origin:
    """Where a component came from. All None: ganzoo itself."""

    plugin: str | None = None
    distribution: str | None = None
    """None: a file or a source tree that nobody published."""
    version: str | None = None
    file: str | None = None
    """The file that was named with `--with`."""
    sha256: str | None = None
    """Of that file, as it was when it was loaded."""

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
        """What finds it whatever else is installed: "gp", or "plugin/gp"."""
        return f"{self.origin.plugin}/{self.component.name}" if self.origin.plugin else self.component.name


class Registry:
    """All components: `builtins` (by default the catalog), those of plugins that are `given`, and of installed ones."""

    def __init__(
        self,
        builtins: Iterable[Component] | None = None,
        environ: Mapping[str, str] = os.environ,
        given: Collection[Plugin] = (),
    ) -> None:
        self._builtins = [Entry(c) for c in (catalog.ganzoo_components() if builtins is None else builtins)]
        self.environ, self.given = environ, tuple(given)

    @cached_property
    def plugins(self) -> list[Plugin]:
        """Every plugin and what came of loading it. The first look loads them."""
        from ganzoo.registry import load as plugins

        return plugins.load_all(self.environ, self.given)

    @cached_property
    def _added(self) -> list[Entry]:
        return [Entry(c, _origin(p)) for p in self.plugins for c in p.components]

    @property
    def warnings(self) -> list[str]:
        """A line for each plugin that should have been loaded and was not. Loads no plugins."""
        loaded = self.plugins if "plugins" in self.__dict__ else []
        return [f"{p} was not loaded: {p.why}" for p in loaded if p.status in ("failed", "incompatible")]

    def entries(self, *kinds: str) -> list[Entry]:
        """Everything, or everything of some kinds: built-ins first."""
        return [e for e in [*self._builtins, *self._added] if not kinds or e.component.kind in kinds]

    def lookup(self, name: str, kinds: Iterable[str] = KINDS, plugin: str | None = None) -> Entry:
        """The one component of that name among `kinds`, of `plugin` if given. Raises `UnknownName`.

        A bare name is the built-in's; only if there is none, plugins are loaded and asked.
        """
        kinds = tuple(kinds)
        found = [] if plugin else _named(self._builtins, name, kinds)
        found = found or [e for e in _named(self._added, name, kinds) if plugin in (None, e.origin.plugin)]
        if len(found) == 1:
            return found[0]
        raise UnknownName(_ambiguous(name, found) if found else self._unknown(name, kinds, plugin))

    def _unknown(self, name: str, kinds: tuple[str, ...], plugin: str | None) -> str:
        full, what = f"{plugin}/{name}" if plugin else name, "part" if kinds == KINDS else listed(kinds)
        names = [n for e in self.entries(*kinds) for n in {e.name, e.component.name}]
        others = {e.component.kind for e in self.entries() if full in (e.name, e.component.name)}
        said = (
            f"{full!r} is of the kind {listed(sorted(others))}, not {what}"
            if others
            else f"no {what} is called {full!r}"
        )
        hint = (
            f"; a data set is written @{full}" if others == {"dataset"} else nearest(full, names, "see `ganzoo list`")
        )
        return "; ".join([said + hint, *self._absent(plugin), *_few(self.warnings)])

    def _absent(self, plugin: str | None) -> list[str]:
        """What to do about a plugin that is not there, or not switched on."""
        if plugin is None and (off := [p.id for p in self.plugins if p.status == "disabled"]):
            return [f"switched off, and not asked: {', '.join(off)} (`ganzoo plugin enable`)"]
        found = [p for p in self.plugins if p.id == plugin]
        if plugin and not found:
            return [f"no plugin {plugin} is installed: `pip install ganzoo-{plugin}`, or --with {plugin}.py"]
        return [f"{p} is not loaded: {p.why}" for p in found if p.status == "disabled"]


def _origin(plugin: Plugin) -> Origin:
    file = plugin.location if plugin.sha256 else None
    return Origin(plugin.id, plugin.distribution or None, plugin.version or None, file, plugin.sha256)


def _few(warnings: list[str]) -> list[str]:
    """All of them, unless they would bury what they follow."""
    return warnings if len(warnings) <= 2 else [f"{len(warnings)} plugins were not loaded: see `ganzoo plugin list`"]


def _named(entries: list[Entry], name: str, kinds: tuple[str, ...]) -> list[Entry]:
    return [e for e in entries if e.component.name == name and e.component.kind in kinds]


def _ambiguous(name: str, found: list[Entry]) -> str:
    claims = ", ".join(f"{e.name} (a {e.component.kind}, {e.origin})" for e in found)
    return f"{name!r} is claimed by {claims}; write which, as {found[0].name} or {found[0].component.kind}={name}"


def load(component: Component) -> Any:
    """Import what a component stands for, such as its class. Raises `Unloadable`."""
    module, _, attribute = component.target.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (Exception, SystemExit) as error:
        what = f"{component.kind} {component.name!r}"
        raise Unloadable(f"{what} cannot be loaded from {component.target}: {sentence(error)}") from error


_current: Registry | None = None


def default() -> Registry:
    """The registry of this process; it knows the files that `GANZOO_WITH` names, as workers are told of them."""
    global _current
    if _current is None:
        files = [Path(name) for name in os.environ.get(WITH, "").split(os.pathsep) if name]
        _current = Registry(given=_from_files(files, ()))
    return _current


@contextmanager
def using(
    files: Iterable[str | os.PathLike[str]] = (), given: Collection[Plugin] = (), plugins: bool = True
) -> Iterator[Registry]:
    """For a while, as `--with` for a command: Python files whose parts are known too, each with the hook in it.

        with ganzoo.using(["my_loss.py"]):
            run = ganzoo.run("mlp+soft@ring8", steps=20)

    `given` are plugins that were found otherwise; without `plugins`, no installed ones are known. Raises
    `ganzoo.registry.local.NoPlugin` for a file that is none.
    """
    global _current
    before = default()
    environ = before.environ if plugins else {**before.environ, "GANZOO_PLUGINS": ""}
    _current = Registry(None, environ, _from_files(map(Path, files), [*before.given, *given]))
    try:
        yield _current
    finally:
        _current = before


def _from_files(files: Iterable[Path], given: Collection[Plugin]) -> Collection[Plugin]:
    from ganzoo.registry.local import from_files

    return from_files(files, given) if (files := list(files)) else given


def missing(parts: Iterable[Mapping[str, Any]]) -> list[str]:
    """What must be there for parts, as a run records them, to be found: a sentence for each plugin that is not."""
    by_id = {p.id: p for p in default().plugins}
    gone = {
        id_: part for part in parts if (id_ := part.get("plugin")) and getattr(by_id.get(id_), "status", "") != "ok"
    }
    return [f"{by_id[id_]} was not loaded: {by_id[id_].why}" if id_ in by_id else _remedy(p) for id_, p in gone.items()]


def _remedy(part: Mapping[str, Any]) -> str:
    if distribution := part.get("distribution"):
        version = part.get("distribution_version")
        return f"{part['name']} is of {distribution} {version}: `pip install {distribution}=={version}` brings it back"
    file = f"{part['plugin']}.py"
    return f"{part['name']} is of a file: name it again, as in --with {file}, or in Python `ganzoo.using(['{file}'])`"


def list_components(kind: str | None = None) -> list[Component]:
    """All components, or those of one kind such as "loss": built-ins in the catalog's order, then plugins'.

    Loads the plugins, but imports no component. Raises `LookupError` for a kind that does not exist.
    """
    if kind is not None and kind not in KINDS:
        raise UnknownName(f"no kind of component is {kind!r}{nearest(kind, KINDS)}")
    return [entry.component for entry in default().entries(*[kind] if kind else [])]
