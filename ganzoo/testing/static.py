"""What can be seen of a part without building it."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import MISSING
from typing import Any

from ganzoo.interfaces.component import KINDS, MIXED
from ganzoo.interfaces.terms import Loss, Regularizer
from ganzoo.recipes.options import Option, options, written
from ganzoo.recipes.parts import class_and_options
from ganzoo.recipes.selection import select
from ganzoo.recipes.settings import Settings
from ganzoo.recipes.spec import parse
from ganzoo.support.faults import Faults
from ganzoo.support.messages import listed, nearest
from ganzoo.testing.check import PAGE, PLUGIN, TERMS, Check, Skip, check
from ganzoo.testing.subject import Candidate, Subject
from ganzoo.zoo import catalog

HEAVY = ("torch", "torchvision", "numpy", "scipy", "sklearn", "pandas", "matplotlib", "tensorflow", "jax")
IMPORT = """
import importlib, json, sys
sys.path[:] = json.loads(sys.argv[1])
list(importlib.import_module(sys.argv[2]).ganzoo_components())
print("\\n" + " ".join(name for name in sys.argv[3:] if name in sys.modules))
"""
CITED = (*TERMS, "architecture", "bundle", "metric")
BUILT = tuple(kind for kind in KINDS if kind != "bundle")
YEAR = re.compile(r"\b(1[89]|20)\d\d\b")


@check("static", PLUGIN, mend="say what the sentence above asks for", see=PAGE)
def loads(subject: Subject) -> Iterator[str]:
    """A plugin is a module with a function ganzoo_components, marked with @ganzoo.hookimpl, that gives components."""
    if subject.fault:
        yield subject.fault


@check(
    "static",
    PLUGIN,
    mend="keep such imports in the modules that components name as their target: those are imported when used",
    see=PAGE,
)
def imports_no_torch(subject: Subject) -> Iterator[str]:
    """`ganzoo --help` and `ganzoo list` import every plugin's module, and would wait seconds for torch."""
    if not subject.module or subject.fault:
        raise Skip("a single file holds the parts themselves" if not subject.module else "it cannot be loaded")
    command = [sys.executable, "-c", IMPORT, json.dumps(sys.path), subject.module, *HEAVY]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode:
        yield f"in a process of its own: {done.stderr.strip().splitlines()[-1]}"
    elif heavy := done.stdout.splitlines()[-1].split():
        yield f"importing {subject.module} imports {listed(heavy, 'and')}"


@check("static", *KINDS, mend="choose a name that is free, or write plugin/name wherever it is meant", see=PAGE)
def name(c: Candidate) -> Iterator[str]:
    """Built-ins own their bare names, so that another part of that name is found as plugin/name only."""
    kinds = MIXED if c.component.kind in MIXED else (c.component.kind,)
    rivals = [b for b in catalog.ganzoo_components() if (b.name, True) == (c.component.name, b.kind in kinds)]
    if rivals and c.entry.origin.plugin:
        yield f"the {rivals[0].kind} {c.component.name} is built in"


@check("static", *KINDS, mend='give it: Component(..., summary="what it is, in a line")', see="help(ganzoo.Component)")
def summary(c: Candidate) -> Iterator[str]:
    """`ganzoo list` shows the summary beside the name: it is what people choose by."""
    if not c.component.summary.strip():
        yield "it has no summary"


@check("static", *CITED, mend='give it: paper="Who et al. 2026, arXiv:..."', see="help(ganzoo.Component)")
def paper(c: Candidate) -> Iterator[str]:
    """A zoo of methods says where each comes from; what is not published yet says who made it, and when."""
    if not YEAR.search(c.component.paper):
        yield f"its paper is {c.component.paper!r}, without a year" if c.component.paper else "it cites no paper"


@check("static", *BUILT, mend="mend the target, or the class that it names", see="help(ganzoo.Component)")
def target(c: Candidate) -> Iterator[str]:
    """What a component names must be there: a dataclass, of the base class and with the methods of its kind."""
    part, faults = c.resolved
    yield from faults
    if part and (lacking := [m for m in METHODS.get(c.component.kind, ()) if not callable(getattr(part.cls, m, None))]):
        yield f"{c.component.target} has no {listed(lacking, 'and')}"


METHODS = {
    "metric": ("__call__",),
    "extractor": ("__call__",),
    "launcher": ("at_once", "run"),
}


@check("static", *BUILT, mend="write under the class's name what it computes, and where that is from", see=PAGE)
def docstring(c: Candidate) -> Iterator[str]:
    """A reader checks the code against the equation that stands above it."""
    cls, _ = class_and_options(c.component)
    if not (text := cls.__dict__.get("__doc__")) or text.startswith(f"{cls.__name__}("):  # as @dataclass writes it
        yield f"the class {cls.__name__} has no docstring"


@check(
    "static",
    *BUILT,
    mend='write each as "name: type = default" with a docstring below; bounds are Annotated[float, Meta(ge=0)]',
    see="ganzoo/settings.py, which is written so; `ganzoo show NAME` shows them",
)
def option_fields(c: Candidate) -> Iterator[str]:
    """Fields are the part's options: they are shown with their docstrings, checked, and part of a recipe's identity."""
    cls, found = class_and_options(c.component)
    for option in found.values():
        if not option.doc:
            yield f"the option {option.name} has no docstring below it"
        if option.default is not MISSING and (fault := _default(option)):
            yield fault
    for name in _unannotated(cls, c.component.kind):
        yield f"{name} has a value but no annotation, so that it is no option"


def _default(option: Option) -> str:
    try:
        same = option.convert(written(option.default)) == option.default
    except ValueError as error:
        return f"the default of {option.name} is not what its annotation admits: {error}"
    return "" if same else f"the default of {option.name}, {option.default!r}, cannot be written in a spec"


def _unannotated(cls: type, kind: str) -> Iterator[str]:
    """Values in the body of a term or a network that look like options."""
    base: type = {"loss": Loss, "regularizer": Regularizer}.get(kind, object)
    if kind not in (*TERMS, "architecture"):
        return
    hints = inspect.get_annotations(cls)
    for name, value in vars(cls).items():
        plain = isinstance(value, int | float | str | tuple) and not name.startswith("_")
        if plain and name not in hints and not hasattr(base, name):
            yield name


@check("static", *KINDS, mend="correct `defaults`; `ganzoo show SPEC` lists the settings", see="help(ganzoo.Component)")
def recommended_settings(c: Candidate) -> Iterator[str]:
    """What a part recommends is taken unless the user says otherwise, so it must be right."""
    known = options(Settings)
    for key, value in c.component.defaults.items():
        if ":" in key:
            if c.component.kind != "dataset":
                yield f"{key}: only data sets may recommend the options of other parts"
        elif key not in known:
            yield f"there is no setting {key!r}{nearest(key, known)}"
        elif fault := _refused(known[key], value):
            yield f"{key}: {fault}"


def _refused(option: Option, value: Any) -> str:
    try:
        option.convert(value)
    except ValueError as error:
        return str(error)
    return ""


@check("static", "bundle", mend='correct `expands`, as in expands="wgan+gp:weight=10"', see="help(ganzoo.Component)")
def expansion(c: Candidate) -> Iterator[str]:
    """A bundle stands for losses and regularizers, which must be there."""
    from ganzoo.recipes.parts import resolve_part
    from ganzoo.registry import registry

    faults = Faults()
    for part in select(parse(c.component.expands).parts, registry.default(), faults).parts:
        faults.collect(resolve_part, part)
        if part.entry.component.kind not in TERMS:
            yield f"{part.entry.name} is no loss and no regularizer, but {part.entry.component.kind}"
    yield from faults.messages


CHECKS: tuple[Check, ...] = (
    loads,
    imports_no_torch,
    name,
    summary,
    paper,
    target,
    docstring,
    option_fields,
    recommended_settings,
    expansion,
)
