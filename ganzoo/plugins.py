"""Loading of plugins, each on its own: one that is broken costs itself only, and says why."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import Distribution, EntryPoint, distributions
from typing import Literal

import pluggy
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import ganzoo
from ganzoo import hookspecs
from ganzoo.component import Component
from ganzoo.spec import MIXED
from ganzoo.wording import sentence

GROUP = "ganzoo"
Status = Literal["ok", "failed", "incompatible", "disabled"]


@dataclass(frozen=True)
class Plugin:
    """A plugin that is installed, and what came of loading it."""

    id: str
    """The name of its entry point."""
    distribution: str
    version: str
    location: str
    """The module that its entry point names."""
    status: Status = "ok"
    why: str = ""
    """What to know of a plugin that was not loaded: a sentence."""
    components: tuple[Component, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        return f"plugin {self.id} ({self.distribution} {self.version})"


def call(manager: pluggy.PluginManager, plugin: object, name: str) -> tuple[Component, ...]:
    """Register one plugin and call its own hook only, so that it is known what came from where."""
    manager.register(plugin, name=name)
    own = [i for i in manager.hook.ganzoo_components.get_hookimpls() if i.plugin_name == name]
    if not own:
        raise TypeError("it has no function ganzoo_components marked with @ganzoo.hookimpl")
    found = own[0].function()
    components = tuple(found) if isinstance(found, Iterable) else (found,)
    for item in components:
        if not isinstance(item, Component):
            raise TypeError(f"ganzoo_components() gave {item!r}, which is no ganzoo.Component")
    return _distinct(components)


def manager() -> pluggy.PluginManager:
    """A container that knows the hook of ganzoo."""
    made = pluggy.PluginManager(GROUP)
    made.add_hookspecs(hookspecs)
    return made


def load_all(container: pluggy.PluginManager, environ: Mapping[str, str] = os.environ) -> list[Plugin]:
    """Every installed plugin, by id. `GANZOO_PLUGINS` and `GANZOO_DISABLE_PLUGINS` may rule some out."""
    found = sorted(_installed(), key=lambda each: (each[0].id, each[0].distribution))
    ids = Counter(plugin.id for plugin, _, _ in found)
    loaded = []
    for plugin, dist, point in found:
        if why := _ruled_out(plugin.id, environ):
            loaded.append(replace(plugin, status="disabled", why=why))
        elif ids[plugin.id] > 1:
            why = f"{ids[plugin.id]} distributions have a plugin of this id; uninstall all but one"
            loaded.append(replace(plugin, status="failed", why=why))
        else:
            loaded.append(_load(container, plugin, dist, point))
    return loaded


def _installed() -> Iterator[tuple[Plugin, Distribution, EntryPoint]]:
    """As `importlib.metadata.entry_points`, but a damaged distribution does not hide the others."""
    seen: set[str] = set()
    for dist in distributions():
        try:
            name, version = canonicalize_name(dist.name), dist.version
            points = dict.fromkeys(dist.entry_points.select(group=GROUP))
        except Exception:
            continue
        if name not in seen:  # the first on the path is the one that is imported
            seen.add(name)
            yield from ((Plugin(point.name, dist.name, version, point.value), dist, point) for point in points)


def _load(container: pluggy.PluginManager, plugin: Plugin, dist: Distribution, point: EntryPoint) -> Plugin:
    try:
        if why := _mismatch(dist.requires or ()):
            return replace(plugin, status="incompatible", why=why)
        return replace(plugin, components=call(container, point.load(), plugin.id))
    except (Exception, SystemExit) as error:
        return replace(plugin, status="failed", why=sentence(error))


def _ruled_out(name: str, environ: Mapping[str, str]) -> str:
    allowed, disabled = environ.get("GANZOO_PLUGINS"), environ.get("GANZOO_DISABLE_PLUGINS", "")
    if allowed is not None and name not in _names(allowed):
        return "GANZOO_PLUGINS does not name it"
    return "GANZOO_DISABLE_PLUGINS names it" if name in _names(disabled) else ""


def _names(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _mismatch(requires: Iterable[str]) -> str:
    """Why this ganzoo is not the one that a plugin was made for; empty if it is."""
    for need in map(Requirement, requires):
        here = canonicalize_name(need.name) == "ganzoo-core" and (
            not need.marker or need.marker.evaluate({"extra": ""})
        )
        if here and not need.specifier.contains(ganzoo.__version__, prereleases=True):
            return f"it needs ganzoo-core{need.specifier}, and this is {ganzoo.__version__}"
    return ""


def _distinct(components: tuple[Component, ...]) -> tuple[Component, ...]:
    """Kinds that a spec mixes share their names, so that plugin/name is enough to find a part again."""
    keys = [(c.kind not in MIXED and c.kind, c.name) for c in components]
    for key, count in Counter(keys).items():
        if count > 1:
            raise ValueError(f"it has {count} components of the name {key[1]}")
    return components
