"""The one hook of ganzoo. A plugin is a torch-free module that implements it, named by an entry point."""

from collections.abc import Iterable

import pluggy

from ganzoo.interfaces.component import Component

hookspec = pluggy.HookspecMarker("ganzoo")
hookimpl = pluggy.HookimplMarker("ganzoo")
"""Marks the function `ganzoo_components` of a plugin's module, which gives its components."""


@hookspec
def ganzoo_components() -> Iterable[Component]:
    """Return the components that this plugin adds. Import nothing heavy: targets are imported when they are used."""
    return ()
