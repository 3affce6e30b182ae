"""`ganzoo doctor`."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Literal

import click
from packaging.requirements import Requirement

import ganzoo
from ganzoo.cli.interrupts import importing
from ganzoo.cli.plugin_options import plugin_options
from ganzoo.cli.text import table
from ganzoo.registry.registry import current_registry, import_target
from ganzoo.support.errors import DataError, WrongUse
from ganzoo.support.files import all_named_by, cache_dir, config_dir
from ganzoo.support.messages import listed, sentence

SLOW = 0.3
"""An import of a plugin that takes more seconds is reported."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@plugin_options
def command(as_json: bool) -> None:
    """Check this machine: Python, device, directories, data sets, plugins. Say what is broken and how to fix it."""
    with importing():
        diagnoses = list(diagnose())
    if as_json:
        click.echo(json.dumps([asdict(diagnosis) for diagnosis in diagnoses], indent=1))
    else:
        rows = [[d.status, d.topic, f"{d.message}; {d.remedy}" if d.remedy else d.message] for d in diagnoses]
        click.echo(table(rows, indent=""))
    if any(diagnosis.status == "broken" for diagnosis in diagnoses):
        raise click.exceptions.Exit(1)


@dataclass(frozen=True)
class Diagnosis:
    """The result of one check."""

    status: Literal["ok", "note", "broken"]
    topic: str
    message: str
    remedy: str = ""
    """What to do; never empty if something is broken."""


def diagnose() -> Iterator[Diagnosis]:
    """Run all checks, the fastest first. A check that fails itself is reported too."""
    checks = (_versions, _unrelated_ganzoo, _requirements, _device, _directories, _data_roots, _data_sets, _plugins)
    for check in checks:
        topic = check.__name__.strip("_").replace("_", " ")
        try:
            yield from check()
        except WrongUse as error:
            yield Diagnosis("broken", topic, str(error), "correct the variable of the environment")
        except Exception as error:
            yield Diagnosis("broken", topic, sentence(error), "please report this: it is a bug in ganzoo")


def _versions() -> Iterator[Diagnosis]:
    yield Diagnosis("ok", "python", f"{platform.python_version()} on {platform.platform()}")
    yield Diagnosis("ok", "ganzoo-core", f"{ganzoo.__version__} in {Path(ganzoo.__file__).parent}")


def _unrelated_ganzoo() -> Iterator[Diagnosis]:
    if other := _distribution("ganzoo"):
        message = f"an unrelated project named ganzoo, {other.version}, is installed into the same folder ganzoo/"
        remedy = "pip uninstall ganzoo, then pip install --force-reinstall --no-deps ganzoo-core"
        yield Diagnosis("broken", "ganzoo", message, remedy)


def _distribution(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _requirements() -> Iterator[Diagnosis]:
    own = _distribution("ganzoo-core")
    if own is None:
        yield Diagnosis("note", "requirements", "ganzoo-core is not installed; it runs from its source tree")
        return
    problems = {need: problem for text in own.requires or () if (problem := _unmet(need := Requirement(text)))}
    for need, problem in problems.items():
        yield Diagnosis("broken", need.name, problem, f"pip install '{need.name}{need.specifier}'")
    if not problems:
        yield Diagnosis("ok", "requirements", "everything that ganzoo-core requires is installed")


def _unmet(need: Requirement) -> str:
    """Why a requirement is not met; empty if it is, or if it belongs to an extra."""
    if need.marker and not need.marker.evaluate({"extra": ""}):
        return ""
    installed = _distribution(need.name)
    if installed is None:
        return "it is not installed"
    if need.specifier.contains(installed.version, prereleases=True):
        return ""
    return f"{installed.version} is installed, but {need.specifier} is needed"


def _device() -> Iterator[Diagnosis]:
    try:
        import torch

        from ganzoo.training.engine import cores, find_device, find_precision
    except Exception as error:
        yield Diagnosis("broken", "torch", sentence(error), "pip install --force-reinstall torch")
        return
    device = find_device("auto")
    name = torch.cuda.get_device_name(device) if device.startswith("cuda") else platform.machine()
    yield Diagnosis("ok", "torch", f"{torch.__version__} in {Path(torch.__file__).parent}")
    yield Diagnosis("ok", "device", f"{device} ({name}), {find_precision(device)}, {cores()} cores")
    if torch.version.cuda and not torch.cuda.is_available():
        yield Diagnosis("note", "cuda", f"torch was built for CUDA {torch.version.cuda}, but finds no usable GPU")


def _directories() -> Iterator[Diagnosis]:
    from ganzoo.runs.listing import root_of_runs

    for topic, variable, path in (
        ("runs", "GANZOO_RUNS", root_of_runs()),
        ("cache", "XDG_CACHE_HOME", cache_dir()),
        ("configuration", "XDG_CONFIG_HOME", config_dir()),
    ):
        path = path.absolute()
        existing = next(parent for parent in (path, *path.parents) if parent.exists())
        if existing.is_dir() and os.access(existing, os.W_OK):
            yield Diagnosis("ok", topic, str(path))
        else:
            remedy = f"set {variable} to a writable directory, or make {existing} a writable directory"
            yield Diagnosis("broken", topic, f"{path} cannot be written", remedy)


def _data_roots() -> Iterator[Diagnosis]:
    for root in all_named_by("GANZOO_DATA"):
        if not root.is_dir():
            yield Diagnosis("broken", "GANZOO_DATA", f"{root} is not a directory", "create it, or correct GANZOO_DATA")


def _data_sets() -> Iterator[Diagnosis]:
    present, absent = list[str](), list[str]()
    for entry in current_registry().entries("dataset"):
        if entry.origin.plugin or (files := getattr(import_target(entry.component), "files", None)) is None:
            continue
        try:
            (present if files.find() else absent).append(entry.name)
        except DataError as error:
            yield Diagnosis("broken", entry.name, str(error), "restore the missing files, or remove the rest")
    if present:
        yield Diagnosis("ok", "data", f"{listed(present, 'and')} found; digits and mixtures are part of ganzoo")
    if absent:
        remedy = "each is downloaded when it is first used; or put its files in a folder that GANZOO_DATA names"
        yield Diagnosis("note", "data", f"{listed(absent, 'and')} not found", remedy)


def _plugins() -> Iterator[Diagnosis]:
    plugins = current_registry().plugins
    if not plugins:
        yield Diagnosis("ok", "plugins", "none are installed")
    for plugin in plugins:
        if plugin.status in ("failed", "incompatible"):
            packages = plugin.distribution + " ganzoo-core" * (plugin.status == "incompatible")
            remedy = f"pip install -U {packages}, or `ganzoo plugin disable {plugin.id}`"
            yield Diagnosis("broken", str(plugin), plugin.why, remedy)
        elif plugin.status == "disabled":
            yield Diagnosis("note", str(plugin), f"not loaded: {plugin.why}")
        elif (plugin.import_s or 0) > SLOW:
            remedy = f"`ganzoo plugin check {plugin.id} --tier static` shows what it imports"
            yield Diagnosis("note", str(plugin), f"its import takes {plugin.import_s:.1f} s", remedy)
        else:
            n = len(plugin.components)
            yield Diagnosis("ok", str(plugin), f"{n} part{'s' * (n != 1)}")
