"""Where a run takes place: the machine, the versions, and the commit of ganzoo."""

from __future__ import annotations

import platform
import subprocess
from functools import cache
from pathlib import Path

import torch

from ganzoo.runs.records import Env
from ganzoo.support.version import __version__
from ganzoo.training.engine import Engine


def environment(engine: Engine) -> Env:
    """The environment of this process, as a record holds it."""
    git, dirty = commit()
    on_cuda = engine.device.startswith("cuda")
    name = torch.cuda.get_device_name(engine.device) if on_cuda else processor()
    return Env(
        python=platform.python_version(),
        torch=str(torch.__version__),
        ganzoo_core=__version__,
        device=f"{engine.device} ({name})",
        threads=engine.threads,
        layout=engine.layout,
        precision=engine.precision,
        mode=engine.mode,
        ranks=engine.ranks,
        deterministic=engine.device == "cpu" or torch.are_deterministic_algorithms_enabled(),
        cudnn=f"{cudnn_version()}, deterministic, no benchmark" if on_cuda else None,
        git=git,
        dirty=dirty,
    )


def cudnn_version() -> str:
    """As a number: 91002."""
    return str(torch.backends.cudnn.version())  # type: ignore[no-untyped-call]


@cache
def processor() -> str:
    """The kind of CPU, as far as it decides the last bits: "AMD EPYC 7763 64-Core Processor, AVX2"."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return f"{next(names, platform.machine())}, {torch.backends.cpu.get_cpu_capability()}"


@cache
def commit() -> tuple[str | None, bool | None]:
    """The commit that ganzoo was checked out at, and whether any file of the checkout was changed.

    None where ganzoo is installed, and does not run from a checkout.
    """

    def git(*arguments: str) -> str:
        command = ["git", *arguments]
        return subprocess.run(command, cwd=here.parent, capture_output=True, text=True, check=True).stdout.strip()

    here = Path(__file__)
    try:
        if not git("ls-files", here.name):
            return None, None
        return git("rev-parse", "HEAD"), bool(git("status", "--porcelain", ":/"))
    except (OSError, subprocess.CalledProcessError):
        return None, None
