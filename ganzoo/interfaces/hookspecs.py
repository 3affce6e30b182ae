"""The one hook of ganzoo. A plugin is a module with this hook, named by an entry point of the group `ganzoo`."""

from collections.abc import Iterable

import pluggy

from ganzoo.interfaces.component import Component

hookspec = pluggy.HookspecMarker("ganzoo")
hookimpl = pluggy.HookimplMarker("ganzoo")
"""Marks the function `ganzoo_components` of a plugin's module, which returns its components."""


@hookspec
def ganzoo_components() -> Iterable[Component]:
    """Return the components that this plugin adds. Do not import torch: targets are imported when they are used."""
    return ()
