"""Whether a plugin can be loaded, and what its parts say of themselves is complete. Nothing is built."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import MISSING

from ganzoo.interfaces.component import KINDS, MIXED
from ganzoo.interfaces.terms import Loss, Regularizer
from ganzoo.recipes.options import Option, as_text
from ganzoo.recipes.parts import class_and_options, resolve_part
from ganzoo.recipes.precedence import convert_settings
from ganzoo.recipes.selection import select
from ganzoo.recipes.spec import parse
from ganzoo.registry import registry
from ganzoo.support.faults import Faults
from ganzoo.support.messages import listed
from ganzoo.testing.checks import GUIDE, PLUGIN, TERMS, Skip, check
from ganzoo.testing.under_test import PartUnderTest, PluginUnderTest
from ganzoo.zoo import catalog

HEAVY = ("torch", "torchvision", "numpy", "scipy", "sklearn", "pandas", "matplotlib", "tensorflow", "jax")
IMPORT_AND_REPORT = """
import importlib, json, sys
sys.path[:] = json.loads(sys.argv[1])
list(importlib.import_module(sys.argv[2]).ganzoo_components())
print("\\n" + " ".join(name for name in sys.argv[3:] if name in sys.modules))
"""
CITED = (*TERMS, "architecture", "bundle", "metric")
WITH_CLASS = tuple(kind for kind in KINDS if kind != "bundle")
YEAR = re.compile(r"\b(1[89]|20)\d\d\b")


@check("static", PLUGIN, mend="do what the sentence above asks for", see=GUIDE)
def loads(plugin: PluginUnderTest) -> Iterator[str]:
    """A plugin is a module with a function ganzoo_components, marked with @ganzoo.hookimpl, that returns components."""
    if plugin.load_error:
        yield plugin.load_error


@check(
    "static",
    PLUGIN,
    mend="move such imports to the modules that components name as their target, which are imported when used",
    see=GUIDE,
)
def imports_no_torch(plugin: PluginUnderTest) -> Iterator[str]:
    """`ganzoo --help` and `ganzoo list` import every plugin's module, and would wait seconds for torch."""
    if not plugin.module or plugin.load_error:
        raise Skip("a single file holds the parts themselves" if not plugin.module else "it cannot be loaded")
    command = [sys.executable, "-c", IMPORT_AND_REPORT, json.dumps(sys.path), plugin.module, *HEAVY]
    process = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if process.returncode:
        yield f"importing {plugin.module} in a new process fails: {process.stderr.strip().splitlines()[-1]}"
    elif heavy := process.stdout.splitlines()[-1].split():
        yield f"importing {plugin.module} imports {listed(heavy, 'and')}"


@check("static", *KINDS, mend="choose a free name, or write plugin/name in every spec", see=GUIDE)
def name(part: PartUnderTest) -> Iterator[str]:
    """A bare name always means the built-in part, so a plugin's part of the same name is found as plugin/name only."""
    kinds = MIXED if part.component.kind in MIXED else (part.component.kind,)
    namesakes = [c for c in catalog.ganzoo_components() if c.name == part.component.name and c.kind in kinds]
    if namesakes and part.entry.origin.plugin:
        yield f"the {namesakes[0].kind} {part.component.name} is built in"


@check("static", *KINDS, mend='add Component(..., summary="what it is, in a line")', see="help(ganzoo.Component)")
def summary(part: PartUnderTest) -> Iterator[str]:
    """`ganzoo list` shows the summary next to the name, for people to choose by."""
    if not part.component.summary.strip():
        yield "it has no summary"


@check("static", *CITED, mend='add Component(..., paper="Who et al. 2026, arXiv:...")', see="help(ganzoo.Component)")
def paper(part: PartUnderTest) -> Iterator[str]:
    """Every method cites its source; an unpublished one names its author and the year."""
    if not YEAR.search(part.component.paper):
        yield f"its paper is {part.component.paper!r}, without a year" if part.component.paper else "it cites no paper"


@check("static", *WITH_CLASS, mend="mend the target, or the class that it names", see="help(ganzoo.Component)")
def target(part: PartUnderTest) -> Iterator[str]:
    """A component's target must exist: a dataclass with the base class and the methods of its kind."""
    yield from part.resolution[1]


@check(
    "static", *WITH_CLASS, mend="give the class a docstring that says what it computes, and cites the source", see=GUIDE
)
def docstring(part: PartUnderTest) -> Iterator[str]:
    """A reader checks the code against the equation in its docstring."""
    cls, _ = class_and_options(part.component)
    if not (text := cls.__dict__.get("__doc__")) or text.startswith(f"{cls.__name__}("):  # as @dataclass writes it
        yield f"the class {cls.__name__} has no docstring"


@check(
    "static",
    *WITH_CLASS,
    mend='write each as "name: type = default" with a docstring below; bounds are Annotated[float, Meta(ge=0)]',
    see="ganzoo/recipes/settings.py, which is an example; `ganzoo show NAME` shows options",
)
def option_fields(part: PartUnderTest) -> Iterator[str]:
    """Fields are the part's options: shown with their docstrings, checked, and part of a recipe's identity."""
    cls, known = class_and_options(part.component)
    for option in known.values():
        if not option.doc:
            yield f"the option {option.name} has no docstring below it"
        if option.default is not MISSING and (fault := _default_fault(option)):
            yield fault
    for name in _unannotated(cls, part.component.kind):
        yield f"{name} has a value but no annotation, and therefore is no option"


def _default_fault(option: Option) -> str:
    try:
        same = option.convert(as_text(option.default)) == option.default
    except ValueError as error:
        return f"the default of {option.name} violates its annotation: {error}"
    return "" if same else f"the default of {option.name}, {option.default!r}, cannot be written in a spec"


def _unannotated(cls: type, kind: str) -> Iterator[str]:
    """Names in the body of a term or an architecture that look like options."""
    base: type = {"loss": Loss, "regularizer": Regularizer}.get(kind, object)
    if kind not in (*TERMS, "architecture"):
        return
    hints = inspect.get_annotations(cls)
    for name, value in vars(cls).items():
        plain = isinstance(value, int | float | str | tuple) and not name.startswith("_")
        if plain and name not in hints and not hasattr(base, name):
            yield name


@check("static", *KINDS, mend="correct `defaults`; `ganzoo show SPEC` lists the settings", see="help(ganzoo.Component)")
def recommended_settings(part: PartUnderTest) -> Iterator[str]:
    """Recommended settings apply unless the user gives others, so they must be valid."""
    bundles, faults = {entry.name for entry in registry.current_registry().entries("bundle")}, Faults()
    for key, value in part.component.defaults.items():
        name, colon, setting = key.rpartition(":")
        if colon and part.component.kind != "dataset":
            yield f"{key}: only data sets may recommend the options of other parts"
        elif not colon or name in bundles:
            source = f"{part.component.name} (for {name})" if colon else part.component.name
            convert_settings(source, {setting: value}, faults)
    yield from faults.messages


@check("static", "bundle", mend='correct `expands`, as in expands="wgan+gp:weight=10"', see="help(ganzoo.Component)")
def expansion(part: PartUnderTest) -> Iterator[str]:
    """A bundle expands to losses and regularizers, which must exist."""
    faults = Faults()
    for member in select(parse(part.component.expands).parts, registry.current_registry(), faults).parts:
        faults.collect(resolve_part, member)
        if member.entry.component.kind not in TERMS:
            yield f"{member.entry.name} is no loss and no regularizer, but {member.entry.component.kind}"
    yield from faults.messages
