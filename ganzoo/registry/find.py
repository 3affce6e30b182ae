"""Find plugins: entry points of installed distributions, and reasons not to load some. Imports no plugin."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ganzoo.interfaces.component import Component
from ganzoo.registry.disabled import disabled_plugins
from ganzoo.support.messages import sentence
from ganzoo.support.version import __version__

GROUP = "ganzoo"
"""The group of entry points: the name of each is a plugin's id, its value the module that has the hook."""
PluginStatus = Literal["ok", "failed", "incompatible", "disabled"]


@dataclass(frozen=True)
class Plugin:
    """A plugin, its components, or why it was not loaded."""

    id: str
    """The name of its entry point; of a single file, the file's name without .py."""
    distribution: str
    """Empty for a file or a module that is not part of an installed distribution."""
    version: str
    location: str
    """The module that its entry point names; of a single file, its path."""
    status: PluginStatus = "ok"
    why: str = ""
    """Why it was not loaded."""
    import_s: float | None = None
    """Seconds for importing it and calling its hook; None if it was not imported."""
    sha256: str | None = None
    """Of a single file's content; None for all others."""
    components: tuple[Component, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        return f"plugin {self.id} ({f'{self.distribution} {self.version}' if self.distribution else self.location})"


def find_plugins(environ: Mapping[str, str] = os.environ, given: Collection[Plugin] = ()) -> list[Plugin]:
    """Installed plugins by id. The status of those that must not be loaded is not "ok", and `why` gives the reason.

    `GANZOO_PLUGINS` lists the only ones to load, `GANZOO_DISABLE_PLUGINS` those not to load, `ganzoo plugin disable`
    remembers others. One of the plugins in `given` replaces an installed one of its id.
    """
    installed = installed_plugins()
    count, disabled = Counter(plugin.id for plugin in installed), disabled_plugins()
    replacement = {plugin.id: plugin.location for plugin in given}
    checked = []
    for plugin in installed:
        if plugin.id in replacement:
            plugin = replace(plugin, status="disabled", why=f"replaced by {replacement[plugin.id]}")
        elif why := _excluded(plugin.id, environ, disabled):
            plugin = replace(plugin, status="disabled", why=why)
        elif count[plugin.id] > 1:
            why = f"{count[plugin.id]} distributions have a plugin with this id; uninstall all but one"
            plugin = replace(plugin, status="failed", why=why)
        checked.append(plugin)
    return checked


def installed_plugins() -> list[Plugin]:
    """Every entry point of the group "ganzoo", by id; those that need another ganzoo-core are "incompatible"."""
    return sorted(_entry_points(), key=lambda plugin: (plugin.id, plugin.distribution))


def _entry_points() -> Iterator[Plugin]:
    """Like `importlib.metadata.entry_points`, but a damaged distribution does not hide the others."""
    seen: set[str] = set()
    for distribution in distributions():
        try:
            name, version = canonicalize_name(distribution.name), distribution.version
            entry_points = dict.fromkeys(distribution.entry_points.select(group=GROUP))
        except Exception:
            continue
        if name in seen:
            continue  # Python imports the first one on the path
        seen.add(name)
        why = _version_mismatch(distribution) if entry_points else ""
        for point in entry_points:
            status: PluginStatus = "incompatible" if why else "ok"
            yield Plugin(point.name, distribution.name, version, point.value, status, why)


def _version_mismatch(distribution: Distribution) -> str:
    """Why a plugin does not work with this version of ganzoo-core; empty if it does."""
    try:
        requirements = [Requirement(text) for text in distribution.requires or ()]
    except Exception as error:  # the metadata of a plugin may hold anything
        return f"its requirements cannot be read: {sentence(error)}"
    for needed in requirements:
        ours = canonicalize_name(needed.name) == "ganzoo-core"
        applies = ours and (not needed.marker or needed.marker.evaluate({"extra": ""}))
        if applies and not needed.specifier.contains(__version__, prereleases=True):
            return f"it needs ganzoo-core{needed.specifier}, but {__version__} is installed"
    return ""


def _excluded(plugin_id: str, environ: Mapping[str, str], disabled: Collection[str]) -> str:
    """Why the user does not want this plugin to be loaded; empty if nothing is against it."""
    allowed = environ.get("GANZOO_PLUGINS")
    if allowed is not None and plugin_id not in _ids(allowed):
        return "GANZOO_PLUGINS does not list it"
    if plugin_id in _ids(environ.get("GANZOO_DISABLE_PLUGINS", "")):
        return "GANZOO_DISABLE_PLUGINS lists it"
    if plugin_id in disabled:
        return f"disabled; `ganzoo plugin enable {plugin_id}` enables it"
    return ""


def _ids(text: str) -> list[str]:
    return text.replace(",", " ").split()


def module_file(module: str) -> Path | None:
    """The file of a module; None if there is none. Imports nothing, not even the packages that contain it."""
    search: list[str] | None = None
    name, spec = "", None
    for part in module.split("."):
        name = f"{name}.{part}" if name else part
        specs = (finder.find_spec(name, search) for finder in sys.meta_path)
        if (spec := next(filter(None, specs), None)) is None:
            return None
        search = list(spec.submodule_search_locations or ())
    return Path(spec.origin) if spec and spec.origin else None
