"""Launchers: where the cells of a grid are run."""

from ganzoo.interfaces.component import Component

LAUNCHERS = [
    Component(
        kind="launcher",
        name="local",
        target="ganzoo.bench.local_processes:Local",
        summary="processes on this machine, one thread or one GPU each",
    ),
    Component(
        kind="launcher",
        name="ray",
        target="ganzoo.bench.ray_cluster:Ray",
        summary="tasks of a Ray cluster; needs the extra `ray`",
    ),
    Component(
        kind="launcher",
        name="slurm",
        target="ganzoo.bench.slurm_cluster:Slurm",
        summary="jobs of a Slurm cluster; needs the extra `slurm`",
    ),
]
