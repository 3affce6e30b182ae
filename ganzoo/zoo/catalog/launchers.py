"""Launchers: where the cells of a grid are run."""

from ganzoo.interfaces.component import Component

LAUNCHERS = [
    Component(
        kind="launcher",
        name="local",
        target="ganzoo.bench.local:Local",
        summary="worker processes on this machine, one thread or one GPU each",
    ),
    Component(
        kind="launcher",
        name="ray",
        target="ganzoo.bench.cluster:Ray",
        summary="tasks of a Ray cluster; needs the extra `ray`",
    ),
]
