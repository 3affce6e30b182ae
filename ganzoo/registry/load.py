"""Loading of plugins, each on its own: one that is broken costs itself only, and says why."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import Distribution, EntryPoint, distributions
from pathlib import Path
from typing import Literal

import pluggy
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import ganzoo
from ganzoo.interfaces import hookspecs
from ganzoo.interfaces.component import MIXED, Component
from ganzoo.registry.switches import disabled
from ganzoo.support.messages import sentence

GROUP = "ganzoo"
Status = Literal["ok", "failed", "incompatible", "disabled"]


@dataclass(frozen=True)
class Plugin:
    """A plugin, and what came of loading it."""

    id: str
    """The name of its entry point; of a file, its name."""
    distribution: str
    """Empty for a file that no distribution brought."""
    version: str
    location: str
    """The module that its entry point names; of a file, its path."""
    status: Status = "ok"
    why: str = ""
    """What to know of a plugin that was not loaded: a sentence."""
    import_s: float | None = None
    """Seconds that its import took, hook and all; None if it was not imported."""
    sha256: str | None = None
    """Of a file that no distribution brought."""
    components: tuple[Component, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        return f"plugin {self.id} ({f'{self.distribution} {self.version}' if self.distribution else self.location})"


def call(manager: pluggy.PluginManager, plugin: object, name: str) -> tuple[Component, ...]:
    """Register one plugin, and call the hook of this plugin alone, so that one that fails does not affect others."""
    manager.register(plugin, name=name)
    if not manager.get_hookcallers(plugin):
        raise TypeError("it has no function ganzoo_components marked with @ganzoo.hookimpl")
    others = [other for other in manager.get_plugins() if other is not plugin]
    results = manager.subset_hook_caller("ganzoo_components", others)()
    components = tuple(results[0]) if results and isinstance(results[0], Iterable) else tuple(results)
    for item in components:
        if not isinstance(item, Component):
            raise TypeError(f"ganzoo_components() gave {item!r}, which is no ganzoo.Component")
    return _distinct(components)


def manager() -> pluggy.PluginManager:
    """A container that knows the hook of ganzoo."""
    made = pluggy.PluginManager(GROUP)
    made.add_hookspecs(hookspecs)
    return made


def load_all(environ: Mapping[str, str] = os.environ, given: Collection[Plugin] = ()) -> list[Plugin]:
    """Those that are `given`, and every installed plugin, by id.

    `GANZOO_PLUGINS`, `GANZOO_DISABLE_PLUGINS` and `ganzoo plugin disable` may rule some out.
    """
    found = sorted(_installed(), key=lambda each: (each[0].id, each[0].distribution))
    ids, off = Counter(plugin.id for plugin, _, _ in found), disabled()
    stands_in = {plugin.id: plugin.location for plugin in given}
    loaded, open_ = {}, []
    for plugin, dist, point in found:
        if why := _ruled_out(plugin.id, environ, off, stands_in):
            loaded[plugin] = replace(plugin, status="disabled", why=why)
        elif ids[plugin.id] > 1:
            why = f"{ids[plugin.id]} distributions have a plugin of this id; uninstall all but one"
            loaded[plugin] = replace(plugin, status="failed", why=why)
        elif why := _mismatch(dist):
            loaded[plugin] = replace(plugin, status="incompatible", why=why)
        else:
            open_.append((plugin, point))
    loaded |= dict(_load(open_))
    return [*given, *(loaded[plugin] for plugin, _, _ in found)]


def installed() -> list[Plugin]:
    """Those that are installed, none of them imported."""
    return [plugin for plugin, _, _ in _installed()]


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


def _load(found: list[tuple[Plugin, EntryPoint]]) -> Iterator[tuple[Plugin, Plugin]]:
    """Each plugin, and what came of it."""
    container = manager()
    for plugin, point in found:
        began = time.perf_counter()
        try:
            done = replace(plugin, components=call(container, point.load(), plugin.id))
        except (Exception, SystemExit) as error:
            done = replace(plugin, status="failed", why=sentence(error) + _astray(point, error))
        yield plugin, replace(done, import_s=round(time.perf_counter() - began, 4))


def _astray(point: EntryPoint, error: BaseException) -> str:
    """What to mend where the entry point itself names a module that is not there."""
    lost = isinstance(error, ModuleNotFoundError) and f"{point.module}.".startswith(f"{error.name}.")
    return f"; its entry point says {point.value!r}: mend that in its pyproject.toml, and install it again" * lost


def _ruled_out(name: str, environ: Mapping[str, str], off: Collection[str], stands_in: Mapping[str, str]) -> str:
    allowed, refused = environ.get("GANZOO_PLUGINS"), environ.get("GANZOO_DISABLE_PLUGINS", "")
    reasons = {
        f"{stands_in.get(name)} stands in for it": name in stands_in,
        "GANZOO_PLUGINS does not name it": allowed is not None and name not in _names(allowed),
        "GANZOO_DISABLE_PLUGINS names it": name in _names(refused),
        f"switched off; `ganzoo plugin enable {name}` switches it on": name in off,
    }
    return next((why for why, holds in reasons.items() if holds), "")


def _names(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _mismatch(dist: Distribution) -> str:
    """Why this ganzoo is not the one that a plugin was made for; empty if it is."""
    try:
        requires = [Requirement(text) for text in dist.requires or ()]
    except Exception as error:  # metadata is a plugin's text
        return f"its requirements cannot be read: {sentence(error)}"
    for need in requires:
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


def module_file(module: str) -> Path | None:
    """The file of a module. Imports nothing, not even the packages that the module is in."""
    search: list[str] | None = None
    name, spec = "", None
    for part in module.split("."):
        name = f"{name}.{part}" if name else part
        specs = (finder.find_spec(name, search) for finder in sys.meta_path)
        if (spec := next(filter(None, specs), None)) is None:
            return None
        search = list(spec.submodule_search_locations or ())
    return Path(spec.origin) if spec and spec.origin else None
