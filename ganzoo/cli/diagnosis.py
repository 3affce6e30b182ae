"""What there is on this machine, what is broken about it, and how to mend that."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement

import ganzoo
from ganzoo.registry import registry
from ganzoo.registry.load import Plugin
from ganzoo.support.files import cache_dir, config_dir
from ganzoo.support.messages import listed, sentence

SLOW = 0.3
"""Seconds that importing a plugin may take, before it is worth a note."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    status: Literal["ok", "note", "broken"]
    topic: str
    said: str
    mend: str = ""
    """What to do; for what is broken always there."""


def examine() -> Iterator[Finding]:
    """Look at everything, the quickest first. A look that fails is a finding itself."""
    for look in (_python, _stray, _requirements, _device, _places, _roots, _data, _plugins):
        try:
            yield from look()
        except Exception as error:
            yield Finding("broken", look.__name__.strip("_"), sentence(error), "report this: it is a mistake of ganzoo")


def _python() -> Iterator[Finding]:
    yield Finding("ok", "python", f"{platform.python_version()} on {platform.platform()}")
    yield Finding("ok", "ganzoo-core", f"{ganzoo.__version__} in {Path(ganzoo.__file__).parent}")


def _stray() -> Iterator[Finding]:
    if other := _distribution("ganzoo"):
        mend = (
            "pip uninstall ganzoo, then pip install --force-reinstall --no-deps ganzoo-core: both are folders ganzoo/"
        )
        yield Finding("broken", "ganzoo", f"an unrelated project of this name, {other.version}, is installed", mend)


def _distribution(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _requirements() -> Iterator[Finding]:
    own = _distribution("ganzoo-core")
    if own is None:
        yield Finding("note", "requirements", "ganzoo-core is not installed, but runs from its source tree")
        return
    unmet = [found for text in own.requires or () if (found := _unmet(Requirement(text)))]
    for need, fault in unmet:
        yield Finding("broken", need.name, fault, f"pip install '{need.name}{need.specifier}'")
    if not unmet:
        yield Finding("ok", "requirements", "all that ganzoo-core needs is installed")


def _unmet(need: Requirement) -> tuple[Requirement, str] | None:
    if need.marker and not need.marker.evaluate({"extra": ""}):
        return None
    found = _distribution(need.name)
    if found is None:
        return need, "it is not installed"
    fits = need.specifier.contains(found.version, prereleases=True)
    return None if fits else (need, f"{found.version} is installed, but {need.specifier} is needed")


def _device() -> Iterator[Finding]:
    try:
        import torch

        from ganzoo.training.engine import cores, find_device, find_precision
    except Exception as error:
        yield Finding("broken", "torch", sentence(error), "pip install --force-reinstall torch")
        return
    device = find_device("auto")
    name = torch.cuda.get_device_name(device) if device.startswith("cuda") else platform.machine()
    said = f"{device} ({name}), {find_precision(device)}, {cores()} cores"
    yield Finding("ok", "torch", f"{torch.__version__} in {Path(torch.__file__).parent}")
    yield Finding("ok", "device", said)
    if torch.version.cuda and not torch.cuda.is_available():
        yield Finding("note", "cuda", f"torch was built for CUDA {torch.version.cuda}, but finds no GPU it can use")


def _places() -> Iterator[Finding]:
    from ganzoo.runs.listing import root_of_runs

    mends = {"runs": "set GANZOO_RUNS", "cache": "set XDG_CACHE_HOME", "configuration": "set XDG_CONFIG_HOME"}
    for what, path in {"runs": root_of_runs(), "cache": cache_dir(), "configuration": config_dir()}.items():
        there = next(p for p in (path.absolute(), *path.absolute().parents) if p.exists())
        if there.is_dir() and os.access(there, os.W_OK):
            yield Finding("ok", what, str(path.absolute()))
        else:
            mend = f"{mends[what]} to a directory that can be written, or make {there} one"
            yield Finding("broken", what, f"{path.absolute()} cannot be written", mend)


def _roots() -> Iterator[Finding]:
    for root in filter(None, os.environ.get("GANZOO_DATA", "").split(os.pathsep)):
        if not Path(root).expanduser().is_dir():
            yield Finding("broken", "GANZOO_DATA", f"{root} is no directory", "make it, or correct GANZOO_DATA")


def _data() -> Iterator[Finding]:
    from ganzoo.support.errors import DataError

    found, absent = list[str](), list[str]()
    for entry in registry.default().entries("dataset"):
        if entry.origin.plugin or (source := getattr(registry.load(entry.component), "source", None)) is None:
            continue
        try:
            files = source.find()
        except DataError as error:
            yield Finding("broken", entry.name, str(error), "put back what is missing, or remove the rest")
            continue
        (found if files else absent).append(entry.name)
    if found:
        yield Finding("ok", "data", f"{listed(found, 'and')} found; digits and mixtures come with ganzoo")
    if absent:
        said = f"{listed(absent, 'and')} not here"
        yield Finding("note", "data", said, "each is downloaded when it is used, or is found where GANZOO_DATA says")


def _plugins() -> Iterator[Finding]:
    plugins = registry.default().plugins
    if not plugins:
        yield Finding("ok", "plugins", "none are installed")
    for plugin in plugins:
        yield _of_plugin(plugin)


def _of_plugin(p: Plugin) -> Finding:
    off = f"`ganzoo plugin disable {p.id}`"
    if p.status == "failed":
        return Finding("broken", str(p), p.why, f"pip install -U {p.distribution}, or {off}")
    if p.status == "incompatible":
        return Finding("broken", str(p), p.why, f"pip install -U {p.distribution} ganzoo-core, or {off}")
    if p.status == "disabled":
        return Finding("note", str(p), f"not loaded: {p.why}")
    if (p.import_s or 0) > SLOW:
        said, mend = (
            f"its import takes {p.import_s:.1f} s",
            f"`ganzoo plugin check {p.id} --tier static` says what it imports",
        )
        return Finding("note", str(p), said, mend)
    return Finding("ok", str(p), f"{len(p.components)} part{'s' * (len(p.components) != 1)}")
