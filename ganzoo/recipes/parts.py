"""Parts whose every option is known, and how options get their values."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ganzoo.interfaces.component import Component
from ganzoo.recipes.choice import Chosen
from ganzoo.recipes.options import Option, options, written
from ganzoo.recipes.spec import quote
from ganzoo.registry.registry import Entry, import_target
from ganzoo.support.errors import Unloadable
from ganzoo.support.messages import listed, nearest, sentence

_GIVES = {"architecture": ("generator", "discriminator"), "loss": ("d", "g")}
"""Methods that a class must have of its own."""


@dataclass(frozen=True)
class Part:
    """A part of a recipe with every option resolved. `str` gives its canonical spec."""

    entry: Entry
    cls: type[Any]
    params: Mapping[str, Any]
    sources: Mapping[str, str]
    """Option -> where its value came from: "given", "bundle wgangp", "dataset digits", "default"."""
    stated: tuple[str, ...] = ()
    """Options that the canonical spec states, because without it they would be, or may once become, another value."""

    @property
    def component(self) -> Component:
        """What the part says of itself."""
        return self.entry.component

    @property
    def name(self) -> str:
        """Its name in a canonical spec: "gp", or "plugin/gp"."""
        return self.entry.name

    def build(self) -> Any:
        """A new instance. A term or a data set is told its name."""
        made = self.cls(**self.params)
        if self.component.kind in ("loss", "regularizer", "dataset"):
            object.__setattr__(made, "name", self.name)  # also where the dataclass is frozen
        return made

    def source_sha256(self) -> str | None:
        """Of the file that was named with `--with`, else of that which defines its class; None if it is built in."""
        origin = self.entry.origin
        return None if origin.plugin is None else origin.sha256 or _source_sha256(self.cls)  # type: ignore[arg-type]

    def provenance(self) -> dict[str, Any]:
        """Its version, its options, and where it came from, fit for JSON."""
        origin = self.entry.origin
        return {
            "version": self.component.version,
            "params": json.loads(json.dumps(dict(self.params), default=str)),
            "plugin": origin.plugin,
            "distribution": origin.distribution,
            "distribution_version": origin.version,
            "source_sha256": self.source_sha256(),
        }

    def __str__(self) -> str:
        stated = ",".join(f"{name}={quote(written(self.params[name]))}" for name in self.stated)
        return f"{self.name}:{stated}" if stated else self.name


@cache
def _source_sha256(cls: type) -> str | None:
    """As the file was when it was first asked for: editing it while a run trains changes nothing about the run."""
    try:
        file = inspect.getsourcefile(cls)
        return hashlib.sha256(Path(file).read_bytes()).hexdigest() if file else None
    except (OSError, TypeError):
        return None


def read(
    chosen: Chosen, by: str, recommended: Mapping[str, Any], faults: list[str], canonical: bool = False
) -> Part | None:
    """Resolve every option: given, else the bundle's, else `recommended` (`by` a data set), else the default.

    Where the spec is `canonical`, what it does not state is the default.
    """
    before, name = len(faults), chosen.entry.name
    cls, available = _class(chosen.entry, faults)
    said = {f"dataset {by}": recommended, f"bundle {chosen.bundle}": chosen.expanded, "given": chosen.given}
    layers = {"default": {o.name: o.default for o in available.values() if not o.required}}
    layers |= {source: _values(name, source, text, available, faults) for source, text in said.items() if cls}
    usual = layers["default"], layers["default"] | layers.get(f"dataset {by}", {})
    if canonical:
        layers.pop(f"dataset {by}", None)
    params = {option: value for values in layers.values() for option, value in values.items()}
    if len(faults) == before:
        faults += [_missing(name, o) for o in available.values() if o.name not in params]
    if cls is None or len(faults) > before:
        return None
    sources = {option: source for source, values in layers.items() for option in values}
    stated = [o for o in available if any(o not in values or values[o] != params[o] for values in usual)]
    return Part(chosen.entry, cls, params, sources, tuple(stated))


def look(component: Component) -> tuple[type[Any], dict[str, Option]]:
    """The class of a part and its options. Raises `Unloadable` where there are none to be had."""
    cls, what = import_target(component), f"{component.kind} {component.name!r}: {component.target}"
    if not isinstance(cls, type) or not is_dataclass(cls) or _forgotten(cls):
        raise Unloadable(f"{what} is no dataclass; make it a class with @dataclass above, whose fields are its options")
    try:
        return cls, options(cls)
    except Exception as error:  # annotations and default factories are a plugin's code
        raise Unloadable(f"{what}: its options cannot be read: {sentence(error)}") from error


def _forgotten(cls: type[Any]) -> bool:
    """Whether it names fields of its own, but only a class that it inherits from is a dataclass."""
    own = inspect.get_annotations(cls).values()
    return "__dataclass_fields__" not in vars(cls) and any("ClassVar" not in str(kind) for kind in own)


def _class(entry: Entry, faults: list[str]) -> tuple[type[Any] | None, dict[str, Option]]:
    try:
        return look(entry.component)
    except Unloadable as error:
        faults.append(str(error))
        return None, {}


def _values(
    part: str, source: str, said: Mapping[str, Any], available: Mapping[str, Option], faults: list[str]
) -> dict[str, Any]:
    """What can be converted; the rest becomes faults, which say whose they are."""
    values: dict[str, Any] = {}
    where = part if source == "given" else f"{source}: {part}"
    for key, text in said.items():
        name = key or next(iter(available), "")
        if name not in available:
            what = f"no option {name!r}{nearest(name, available)}" if available else "no options"
            faults.append(f"{where} has {what}")
        elif name in values:
            faults.append(f"{where}: {name} is given twice, once as its leading value")
        else:
            try:
                values[name] = available[name].convert(text)
            except ValueError as error:
                faults.append(f"{where}: {name}: {error}")
    return values


def _missing(part: str, option: Option) -> str:
    return f"{part} needs its option {option.name} ({option.type}); write {part}:{option.name}=..."


def refusals(part: Part) -> Iterator[str]:
    """Faults of its class: it is not what its kind must be, or cannot be built. A `DataError` is raised."""
    from ganzoo.interfaces.datasets import lacking
    from ganzoo.interfaces.terms import Loss, Regularizer
    from ganzoo.support.errors import DataError

    what, kind = f"{part.name}: {part.component.target}", part.component.kind
    base = {"loss": Loss, "regularizer": Regularizer}.get(kind, object)
    if not issubclass(part.cls, base):
        yield f"{what} is no subclass of ganzoo.{base.__name__}"
        return
    if missing := [m for m in _GIVES.get(kind, ()) if getattr(part.cls, m, None) is getattr(base, m, None)]:
        yield f"{what} has no {listed(missing, 'and')}; every {kind} defines {listed(_GIVES[kind], 'and')}"
        return
    try:
        made = part.build()
    except DataError:
        raise
    except Exception as error:  # whatever a plugin's __post_init__ raises
        yield f"{part.name}: {error if isinstance(error, ValueError) else sentence(error)}"
        return
    if kind == "dataset" and (missing := lacking(made)):
        yield f"{what} has no {listed(missing, 'and')}; inherit from ganzoo.Images or ganzoo.Points, or define them"
